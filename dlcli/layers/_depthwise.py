"""What depthwise and separable convolutions share: their keys, and the way of one channel on its own."""

from dataclasses import dataclass

import numpy as np

from dlcli.core.context import Context
from dlcli.core.fields import PositiveInt
from dlcli.core.initializer import Initializer
from dlcli.core.params import Param, Regularizer
from dlcli.initializers.glorot_uniform import GlorotUniform
from dlcli.kernels import depthwise, depthwise_rows
from dlcli.kernels.im2col import Window
from dlcli.layers._convolution import Biased
from dlcli.layers._windows import Padding, Pair, need_axes, slide


@dataclass(frozen=True, kw_only=True)
class Depthwise(Biased):
    """A layer that convolves each channel with `depth_multiplier` windows of its own."""

    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    dilation_rate: Pair = (1, 1)
    depth_multiplier: PositiveInt = 1
    depthwise_initializer: Initializer = GlorotUniform()
    depthwise_regularizer: Regularizer | None = None

    def window(self, in_shape: tuple[int, ...]) -> Window:
        """The window over samples of that shape (H, W, C)."""
        return slide(
            self.type_name(), in_shape[:2], size=self.kernel_size, strides=self.strides, padding=self.padding,
            dilation=self.dilation_rate,
        )

    def plan_depthwise(self, in_shape: tuple[int, ...]) -> tuple[tuple[int, int, int], Param, int]:
        """The shape after the channels went their own ways, the parameter for that, and the operations."""
        need_axes(self.type_name(), in_shape, 3)
        OH, OW = self.window(in_shape).positions((1, *in_shape))
        KH, KW = self.kernel_size
        channels = in_shape[2] * self.depth_multiplier
        param = Param(
            shape=(KH, KW, in_shape[2], self.depth_multiplier), initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
        )
        return (OH, OW, channels), param, 2 * OH * OW * channels * KH * KW


def forward(ctx: Context, x: np.ndarray, W: np.ndarray, window: Window) -> np.ndarray:
    """y: (N, OH, OW, C * M) of x: (N, H, W, C) with W: (KH, KW, C, M)."""
    shape = _split(x.shape, W, window)
    y = ctx.empty("channels", shape)
    if depthwise_rows.applies(W, window):
        work = ctx.empty("rows", (depthwise_rows.rows_size(x.shape, window),))
        depthwise_rows.correlate(
            x, W[..., 0], out=y[..., 0], work=work, dilation=window.dilation, before=window.before,
        )
    else:
        depthwise.depthwise(x, _repeated(ctx, shape, W), out=y, work=_work(ctx, shape), window=window)
    return y.reshape(*shape[:3], shape[3] * shape[4])


def backward(
    ctx: Context, x: np.ndarray, dy: np.ndarray, W: np.ndarray, window: Window, *, dW: np.ndarray,
) -> np.ndarray | None:
    """Fills dW; returns dx where it is needed."""
    if depthwise_rows.applies(W, window):
        return _backward_by_rows(ctx, x, dy, W[..., 0], window, dW[..., 0])
    shape = _split(x.shape, W, window)
    d = dy.reshape(shape)
    work = _work(ctx, shape)
    depthwise.depthwise_kernel_gradient(x, d, dW=dW, work=work, total=ctx.empty("total", shape[3:4]), window=window)
    if not ctx.needs_dx:
        return None
    dx = ctx.empty("dx", x.shape)
    return depthwise.depthwise_input_gradient(d, _repeated(ctx, shape, W), out=dx, work=work, window=window)


def _backward_by_rows(
    ctx: Context, x: np.ndarray, dy: np.ndarray, W: np.ndarray, window: Window, dW: np.ndarray,
) -> np.ndarray | None:
    work = ctx.empty("rows", (depthwise_rows.rows_size(x.shape, window),))
    depthwise_rows.correlate_kernel_gradient(
        x, dy, dW=dW, work=work, dilation=window.dilation, before=window.before,
    )
    if not ctx.needs_dx:
        return None
    return depthwise_rows.correlate(
        dy, W[::-1, ::-1], out=ctx.empty("dx", x.shape), work=work, dilation=window.dilation,
        before=depthwise_rows.input_border(window),
    )


def _split(in_shape: tuple[int, ...], W: np.ndarray, window: Window) -> tuple[int, ...]:
    return (in_shape[0], *window.positions(in_shape), *W.shape[2:])


def _repeated(ctx: Context, shape: tuple[int, ...], W: np.ndarray) -> np.ndarray:
    KH, KW, C, M = W.shape
    return depthwise.repeat_kernel(W, out=ctx.empty("repeated", (KH * KW, M, shape[2], C)))


def _work(ctx: Context, shape: tuple[int, ...]) -> np.ndarray:
    return ctx.empty("part", (depthwise.micro_batch(shape), *shape[1:4]))
