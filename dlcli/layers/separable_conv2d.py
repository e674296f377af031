"""separable_conv2d: first over rows and columns, channel by channel, then over channels, pixel by pixel."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import PositiveInt
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Plan
from dlcli.core.params import Param, Regularizer
from dlcli.initializers.glorot_uniform import GlorotUniform
from dlcli.kernels.conv import sum_positions
from dlcli.layers import _depthwise


@dataclass(frozen=True, kw_only=True)
class SeparableConv2d(_depthwise.Depthwise):
    """A depthwise convolution and a dense layer over channels, in place of a convolution over both at once.

    z = `depthwise_conv2d` of x with `depthwise_kernel`, y[p, q] = activation(z[p, q] P + b).
    x: (N, H, W, C) -> y: (N, OH, OW, filters); `padding` and sizes as for `conv2d`.
    Parameters: `depthwise_kernel` (KH, KW, C, depth_multiplier), `pointwise_kernel` P (1, 1, C * depth_multiplier,
    filters), `bias` b (filters,) unless `use_bias: false`.
    Source: Chollet, "Xception: deep learning with depthwise separable convolutions", 2017.
    """

    examples: ClassVar = (
        Example({"filters": 3, "kernel_size": 3}, (5, 6, 2)),
        Example({
            "filters": 2, "kernel_size": [2, 3], "strides": 2, "padding": "same", "activation": "tanh",
            "depth_multiplier": 2,
        }, (5, 6, 3)),
        Example({"filters": 2, "kernel_size": 2, "dilation_rate": 2, "use_bias": False}, (4, 5, 2)),
        Example({
            "filters": 2, "kernel_size": 2, "depthwise_initializer": "he_normal", "pointwise_initializer": "he_uniform",
            "bias_initializer": "ones", "depthwise_regularizer": {"l2": 0.01}, "pointwise_regularizer": {"l1": 0.01},
            "bias_regularizer": {"l1": 0.1},
        }, (3, 2, 1)),
    )

    filters: PositiveInt
    pointwise_initializer: Initializer = GlorotUniform()
    pointwise_regularizer: Regularizer | None = None

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """As many rows and columns as the window has positions, `filters` channels."""
        (OH, OW, channels), kernel, flops = self.plan_depthwise(in_shape)
        pointwise = Param(
            shape=(1, 1, channels, self.filters), initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
        )
        return Plan(
            out_shape=(OH, OW, self.filters),
            params={"depthwise_kernel": kernel, "pointwise_kernel": pointwise, **self.bias(self.filters)},
            flops=flops + OH * OW * self.filters * (2 * channels + 1), steps="new",
        )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The one, then the other."""
        ctx.x = x
        ctx.z = _depthwise.forward(ctx, x, ctx.params["depthwise_kernel"], self.window(x.shape[1:]))
        P = ctx.params["pointwise_kernel"][0, 0]
        y = ctx.empty("y", (*ctx.z.shape[:3], self.filters))
        np.matmul(ctx.z.reshape(-1, len(P)), P, out=y.reshape(-1, self.filters))
        if self.use_bias:
            y += ctx.params["bias"]
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dP = z^T dy, db = sum of dy, dz = dy P^T, and from dz as in `depthwise_conv2d`."""
        P = ctx.params["pointwise_kernel"][0, 0]
        z, d = ctx.z.reshape(-1, len(P)), dy.reshape(-1, self.filters)
        np.matmul(z.T, d, out=ctx.grads["pointwise_kernel"][0, 0])
        if self.use_bias:
            sum_positions(dy, out=ctx.grads["bias"], row=ctx.empty("row", (dy.shape[2] * self.filters,)))
        dz = ctx.empty("dz", ctx.z.shape)
        np.matmul(d, P.T, out=dz.reshape(-1, len(P)))
        window = self.window(ctx.x.shape[1:])
        dW = ctx.grads["depthwise_kernel"]
        return _depthwise.backward(ctx, ctx.x, dz, ctx.params["depthwise_kernel"], window, dW=dW)
