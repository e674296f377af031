"""dense: every output sees every input."""

from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import PositiveInt
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Layer, Plan
from dlcli.core.params import Param, Regularizer
from dlcli.errors import ShapeError
from dlcli.initializers.glorot_uniform import GlorotUniform
from dlcli.initializers.zeros import Zeros
from dlcli.kernels.linear import linear, linear_gradient, linear_size


@dataclass(frozen=True, kw_only=True)
class Dense(Layer):
    """Fully connected layer: y = activation(x W + b).

    x: (N, ..., I) -> y: (N, ..., units); further axes between are kept, each position on its own.
    Parameters: `kernel` W (I, units), `bias` b (units,) unless `use_bias: false`.
    """

    examples: ClassVar = (
        Example({"units": 3}, (4,)),
        Example({"units": 2, "use_bias": False, "activation": "tanh"}, (3,)),
        Example({"units": 5, "kernel_regularizer": {"l2": 0.01}}, (3, 4)),
    )

    units: PositiveInt
    activation: Activation | None = None
    use_bias: bool = True
    kernel_initializer: Initializer = GlorotUniform()
    bias_initializer: Initializer = Zeros()
    kernel_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None

    def expand(self) -> tuple[Layer, ...]:
        """The linear part, then the activation as a layer of its own."""
        return (self,) if self.activation is None else (replace(self, activation=None), self.activation)

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The last axis becomes `units`."""
        if not in_shape:
            raise ShapeError(
                "dense needs at least one axis of features; got samples that are single numbers",
                hint="put {type: reshape, shape: [1]} before it",
            )
        features, positions = in_shape[-1], prod(in_shape[:-1])
        params = {"kernel": Param(
            shape=(features, self.units), initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
        )}
        if self.use_bias:
            params["bias"] = Param(
                shape=(self.units,), initializer=self.bias_initializer, regularizer=self.bias_regularizer, decay=False,
            )
        return Plan(
            out_shape=(*in_shape[:-1], self.units), params=params, flops=positions * self.units * (2 * features + 1),
        )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = x W + b."""
        W = ctx.params["kernel"]
        ctx.shape = x.shape
        ctx.x = x if x.ndim == 2 else x.reshape(-1, W.shape[0])  # one product over all positions, not one a sample
        y = linear(
            ctx.x, W, ctx.params.get("bias"), out=ctx.empty("y", (len(ctx.x), self.units)),
            work=ctx.empty("work", (linear_size(W.shape),)),
        )
        return y if x.ndim == 2 else ctx.empty("y", (*x.shape[:-1], self.units))

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dW = x^T dy, db = sum of dy, dx = dy W^T."""
        W = ctx.params["kernel"]
        dy2 = dy if dy.ndim == 2 else dy.reshape(-1, W.shape[1])
        dx = ctx.empty("dx", ctx.x.shape) if ctx.needs_dx else None
        linear_gradient(
            ctx.x, W, dy2, dW=ctx.grads["kernel"], db=ctx.grads.get("bias"), dx=dx,
            work=ctx.empty("work", (linear_size(W.shape),)),
        )
        return dx if dx is None or dy.ndim == 2 else ctx.empty("dx", ctx.shape)
