"""What all convolutions share: their keys, their parameters, and the way to the kernels."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.context import Context
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Layer
from dlcli.core.params import Param, Regularizer
from dlcli.errors import ShapeError
from dlcli.initializers.glorot_uniform import GlorotUniform
from dlcli.initializers.zeros import Zeros
from dlcli.kernels import conv
from dlcli.kernels.im2col import Window


@dataclass(frozen=True, kw_only=True)
class Biased(Layer):
    """A layer with an activation and a bias at its end."""

    activation: Activation | None = None
    use_bias: bool = True
    bias_initializer: Initializer = Zeros()
    bias_regularizer: Regularizer | None = None

    def expand(self) -> tuple[Layer, ...]:
        """The linear part, then the activation as a layer of its own."""
        return (self,) if self.activation is None else (self._linear(), self.activation)

    def _linear(self) -> Self:
        return replace(self, activation=None)

    def bias(self, channels: int) -> dict[str, Param]:
        """The parameter `bias`, where there is one."""
        return {"bias": Param(
            shape=(channels,), initializer=self.bias_initializer, regularizer=self.bias_regularizer, decay=False,
        )} if self.use_bias else {}


@dataclass(frozen=True, kw_only=True)
class Convolution(Biased):
    """A convolution with one kernel."""

    kernel_initializer: Initializer = GlorotUniform()
    kernel_regularizer: Regularizer | None = None

    def parameters(self, kernel: tuple[int, ...], channels: int) -> dict[str, Param]:
        """`kernel` of that shape and `bias` of so many channels."""
        return {
            "kernel": Param(shape=kernel, initializer=self.kernel_initializer, regularizer=self.kernel_regularizer),
            **self.bias(channels),
        }


def need_groups(layer: str, groups: int, channels: int, filters: int) -> None:
    """Raises ShapeError unless `groups` divides what comes in and what goes out."""
    for what, number, key in (("filters", filters, "filters"), ("channels of its input", channels, "groups")):
        if number % groups:
            raise ShapeError(
                f"{layer} with groups: {groups} needs a multiple of {groups} {what}; got {number}",
                hint=f"choose groups that divide both {channels} channels and the filters", path=(key,),
            )


def convolve(ctx: Context, x: np.ndarray, W: np.ndarray, window: Window, *, groups: int = 1) -> np.ndarray:
    """y: (N, OH, OW, F) of x: (N, H, W, C) with W: (KH, KW, C / groups, F) and the bias, where there is one."""
    y = ctx.empty("y", (len(x), *window.positions(x.shape), W.shape[3]))
    b = ctx.params.get("bias")
    for i, o, narrow in _groups(x, W, groups):
        kernel = W[..., o]
        work = ctx.empty("work", (conv.conv2d_size(narrow, kernel, window),))
        conv.conv2d(
            x[..., i], kernel, None if b is None else b[o], out=y[..., o], work=work, window=window,
        )
    return y


def convolve_backward(
    ctx: Context, x: np.ndarray, dy: np.ndarray, W: np.ndarray, window: Window, *, groups: int = 1,
) -> np.ndarray | None:
    """Fills the gradients of kernel and bias; returns dx where it is needed."""
    dW, db = ctx.grads["kernel"].reshape(W.shape), ctx.grads.get("bias")
    dx = ctx.empty("dx", x.shape) if ctx.needs_dx else None
    for i, o, narrow in _groups(x, W, groups):
        kernel = W[..., o]
        work = ctx.empty("work", (conv.conv2d_kernel_gradient_size(narrow, kernel, window),))
        conv.conv2d_kernel_gradient(
            x[..., i], dy[..., o], dW=dW[..., o], db=None if db is None else db[o], work=work, window=window,
        )
        if dx is not None:
            work = ctx.empty("work", (conv.conv2d_input_gradient_size(narrow, kernel, window),))
            conv.conv2d_input_gradient(dy[..., o], kernel, out=dx[..., i], work=work, window=window)
    return dx


def _groups(x: np.ndarray, W: np.ndarray, groups: int) -> list[tuple[slice, slice, tuple[int, ...]]]:
    """Of each group: its channels of x, its filters, and the shape of x in these channels."""
    C, F = W.shape[2], W.shape[3] // groups
    narrow = (*x.shape[:3], C)
    return [(slice(g * C, (g + 1) * C), slice(g * F, (g + 1) * F), narrow) for g in range(groups)]
