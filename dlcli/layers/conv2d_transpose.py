"""conv2d_transpose: a convolution the other way round, which makes images larger."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import NonNegativeInt, PositiveInt
from dlcli.core.layer import Plan
from dlcli.errors import ShapeError
from dlcli.kernels import conv
from dlcli.kernels.im2col import Window
from dlcli.layers._convolution import Convolution
from dlcli.layers._windows import Padding, Pair, need_axes, pair_of


@dataclass(frozen=True, kw_only=True)
class Conv2dTranspose(Convolution):
    """Transposed convolution: every pixel of x paints the window W, times its value, into y.

    y[p s + i d, q s + j d, o] += x[p, q, c] W[i, j, o, c], then activation(y + b): what conv2d from y to x does to a
    gradient. x: (N, H, W, C) -> y: (N, OH, OW, filters). With K = (kernel_size - 1) dilation_rate + 1 and s = strides:
    `padding: valid` gives OH = (H - 1) s + K, at least H s; `same` cuts the edges so that OH = H s. `output_padding`,
    below `strides`, says how many rows and columns are added at the bottom and right instead: valid (H - 1) s + K +
    output_padding, same (H - 1) s + K mod 2 + output_padding.
    Parameters: `kernel` W (KH, KW, filters, C), `bias` b (filters,) unless `use_bias: false`.
    Source: Zeiler et al., "Deconvolutional networks", 2010.
    """

    examples: ClassVar = (
        Example({"filters": 3, "kernel_size": 3}, (3, 4, 2)),
        Example({"filters": 2, "kernel_size": 4, "strides": 2, "padding": "same", "activation": "tanh"}, (3, 4, 5)),
        Example({"filters": 2, "kernel_size": [1, 2], "strides": [2, 3], "use_bias": False}, (2, 3, 1)),
        Example({"filters": 2, "kernel_size": 3, "dilation_rate": 2, "kernel_regularizer": {"l2": 0.01}}, (3, 2, 2)),
        Example({
            "filters": 1, "kernel_size": 3, "strides": 2, "output_padding": 1, "kernel_initializer": "he_normal",
            "bias_initializer": "ones", "bias_regularizer": {"l1": 0.1},
        }, (2, 3, 2)),
        Example({"filters": 2, "kernel_size": 3, "strides": 2, "output_padding": 0, "padding": "same"}, (3, 3, 2)),
    )

    filters: PositiveInt
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    output_padding: Annotated[tuple[NonNegativeInt, NonNegativeInt], pair_of(0)] | None = None
    dilation_rate: Pair = (1, 1)

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """Rows and columns as said above, `filters` channels."""
        need_axes("conv2d_transpose", in_shape, 3)
        for extra, stride in zip(self.output_padding or (), self.strides, strict=False):
            if extra >= stride:
                raise ShapeError(
                    f"conv2d_transpose needs output_padding below strides; got {extra} with strides {stride}",
                    hint="make output_padding smaller, or leave it out", path=("output_padding",),
                )
        H, W, channels = in_shape
        out_shape = (*self._extents(in_shape), self.filters)
        if min(out_shape) < 1:
            raise ShapeError(
                f"conv2d_transpose would give images of {out_shape[0]} x {out_shape[1]}",
                hint="use a larger output_padding, or leave it out", path=("output_padding",),
            )
        kernel = (*self.kernel_size, self.filters, channels)
        size = self.kernel_size[0] * self.kernel_size[1] * channels
        return Plan(
            out_shape=out_shape, params=self.parameters(kernel, self.filters),
            flops=2 * H * W * size * self.filters + out_shape[0] * out_shape[1] * self.filters,
            steps="new", contention=self.contention,
        )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """What conv2d does to the gradient of its output."""
        ctx.x = x
        W, window = ctx.params["kernel"], self._window(x.shape[1:])
        y = ctx.empty("y", (len(x), *ctx.plan.out_shape))
        work = ctx.empty("work", (conv.conv2d_input_gradient_size(y.shape, W, window),))
        conv.conv2d_input_gradient(x, W, out=y, work=work, window=window)
        if self.use_bias:
            y += ctx.params["bias"]
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dx is the convolution of dy; dW that of conv2d with x and dy in each other's place."""
        x, W, window = ctx.x, ctx.params["kernel"], self._window(ctx.x.shape[1:])
        work = ctx.empty("work", (conv.conv2d_kernel_gradient_size(dy.shape, W, window),))
        conv.conv2d_kernel_gradient(dy, x, dW=ctx.grads["kernel"], db=None, work=work, window=window)
        if self.use_bias:
            row = ctx.empty("row", (dy.shape[2] * self.filters,))
            conv.sum_positions(dy, out=ctx.grads["bias"], row=row)
        if not ctx.needs_dx:
            return None
        work = ctx.empty("work", (conv.conv2d_size(dy.shape, W, window),))
        return conv.conv2d(dy, W, None, out=ctx.empty("dx", x.shape), work=work, window=window)

    def _reached(self, axis: int) -> int:
        return (self.kernel_size[axis] - 1) * self.dilation_rate[axis] + 1

    def _extents(self, in_shape: tuple[int, ...]) -> tuple[int, int]:
        extents = []
        for axis, (n, s) in enumerate(zip(in_shape[:2], self.strides, strict=True)):
            k = self._reached(axis)
            extra = None if self.output_padding is None else self.output_padding[axis]
            if self.padding == "valid":
                extents.append((n - 1) * s + k + (max(s - k, 0) if extra is None else extra))
            else:
                extents.append(n * s if extra is None else (n - 1) * s + k % 2 + extra)
        return extents[0], extents[1]

    def _window(self, in_shape: tuple[int, ...]) -> Window:
        """The window with which conv2d would lead from y to x."""
        before, after = [0, 0], [0, 0]
        for axis, extent in enumerate(self._extents(in_shape)):
            # What windows reach beyond y is cut off, the smaller half before it; cells of y beyond all windows stay 0.
            border = max((in_shape[axis] - 1) * self.strides[axis] + self._reached(axis) - extent, 0)
            before[axis] = border // 2
            after[axis] = border - before[axis]
        return Window(
            self.kernel_size, self.strides, self.dilation_rate, (before[0], before[1]), (after[0], after[1]),
        )
