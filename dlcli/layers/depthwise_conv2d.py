"""depthwise_conv2d: a convolution in which channels do not see each other."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.layer import Plan
from dlcli.kernels.conv import sum_positions
from dlcli.layers import _depthwise


@dataclass(frozen=True, kw_only=True)
class DepthwiseConv2d(_depthwise.Depthwise):
    """Convolution of every channel with `depth_multiplier` M windows of its own.

    y[p, q, c M + m] = activation(sum over i, j of x[p s + i d, q s + j d, c] W[i, j, c, m] + b[c M + m]) with s =
    strides and d = dilation_rate. x: (N, H, W, C) -> y: (N, OH, OW, C * M); `padding` and sizes as for `conv2d`.
    Parameters: `kernel` W (KH, KW, C, M), `bias` b (C * M,) unless `use_bias: false`.
    Source: Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision applications", 2017.
    """

    examples: ClassVar = (
        Example({"kernel_size": 3}, (5, 6, 2)),
        Example({"kernel_size": [2, 3], "strides": 2, "padding": "same", "activation": "tanh"}, (5, 6, 3)),
        Example({"kernel_size": 2, "depth_multiplier": 2, "dilation_rate": [1, 2], "use_bias": False}, (4, 5, 2)),
        Example({
            "kernel_size": 1, "depth_multiplier": 3, "depthwise_initializer": "he_normal", "bias_initializer": "ones",
            "depthwise_regularizer": {"l2": 0.01}, "bias_regularizer": {"l1": 0.1},
        }, (3, 2, 1)),
    )

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """As many rows and columns as the window has positions, `depth_multiplier` times the channels."""
        out_shape, kernel, flops = self.plan_depthwise(in_shape)
        return Plan(
            out_shape=out_shape, params={"kernel": kernel, **self.bias(out_shape[2])}, flops=flops, steps="new",
        )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """A multiplication and an addition for every place in the window."""
        ctx.x = x
        y = _depthwise.forward(ctx, x, ctx.params["kernel"], self.window(x.shape[1:]))
        if self.use_bias:
            y += ctx.params["bias"]
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dW = x times dy, summed; db = sum of dy; dx = dy times W, added up where windows overlap."""
        if self.use_bias:
            sum_positions(dy, out=ctx.grads["bias"], row=ctx.empty("row", (dy.shape[2] * dy.shape[3],)))
        window = self.window(ctx.x.shape[1:])
        return _depthwise.backward(ctx, ctx.x, dy, ctx.params["kernel"], window, dW=ctx.grads["kernel"])
