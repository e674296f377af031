"""conv2d: the same small window of weights everywhere in an image."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import PositiveInt
from dlcli.core.layer import Plan
from dlcli.kernels.im2col import Window
from dlcli.layers._convolution import Convolution, convolve, convolve_backward, need_groups
from dlcli.layers._windows import Padding, Pair, need_axes, slide


@dataclass(frozen=True, kw_only=True)
class Conv2d(Convolution):
    """Convolution over the rows and columns of an image.

    y[p, q, o] = activation(sum over i, j, c of x[p s + i d, q s + j d, c] W[i, j, c, o] + b[o]) with s = strides and
    d = dilation_rate. x: (N, H, W, C) -> y: (N, OH, OW, filters). With `padding: valid` OH = floor((H - (KH - 1) d - 1)
    / s) + 1, as far as the window fits in; with `same` zeros are put around the image so that OH = ceil(H / s), one
    more at the bottom and right where their number is odd. `kernel_size`, `strides`, `dilation_rate`: one number or
    [rows, columns]. With `groups` G each G-th part of the filters sees only its G-th part of the channels.
    Parameters: `kernel` W (KH, KW, C / groups, filters), `bias` b (filters,) unless `use_bias: false`.
    Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998.
    """

    examples: ClassVar = (
        Example({"filters": 3, "kernel_size": 3}, (5, 6, 2)),
        Example(
            {"filters": 2, "kernel_size": [2, 3], "strides": 2, "padding": "same", "activation": "tanh"}, (5, 6, 3),
        ),
        Example({"filters": 2, "kernel_size": [3, 2], "dilation_rate": [1, 2], "use_bias": False}, (5, 6, 1)),
        Example({"filters": 4, "kernel_size": 1, "kernel_regularizer": {"l2": 0.01}}, (3, 4, 8)),
        Example({"filters": 4, "kernel_size": 3, "groups": 2, "padding": "same"}, (4, 5, 6)),
        Example({
            "filters": 2, "kernel_size": 2, "strides": [3, 1], "kernel_initializer": "he_normal",
            "bias_initializer": "ones", "bias_regularizer": {"l1": 0.1},
        }, (6, 5, 9)),
    )

    filters: PositiveInt
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    dilation_rate: Pair = (1, 1)
    groups: PositiveInt = 1

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """As many rows and columns as the window has positions, `filters` channels."""
        need_axes("conv2d", in_shape, 3)
        channels = in_shape[2]
        need_groups("conv2d", self.groups, channels, self.filters)
        positions = self.window(in_shape).positions((1, *in_shape))
        kernel = (*self.kernel_size, channels // self.groups, self.filters)
        size = self.kernel_size[0] * self.kernel_size[1] * kernel[2]
        return Plan(
            out_shape=(*positions, self.filters), params=self.parameters(kernel, self.filters),
            flops=positions[0] * positions[1] * self.filters * (2 * size + 1), steps="new", contention=self.contention,
        )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Products of matrices, over the windows of a few images at a time."""
        ctx.x = x
        return convolve(ctx, x, ctx.params["kernel"], self.window(x.shape[1:]), groups=self.groups)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dW = windows of x times dy, db = sum of dy, dx = dy times W, added up where windows overlap."""
        window = self.window(ctx.x.shape[1:])
        return convolve_backward(ctx, dy, ctx.params["kernel"], window, groups=self.groups)

    def window(self, in_shape: tuple[int, ...]) -> Window:
        """The window over samples of that shape (H, W, C)."""
        return slide(
            "conv2d", in_shape[:2], size=self.kernel_size, strides=self.strides, padding=self.padding,
            dilation=self.dilation_rate,
        )
