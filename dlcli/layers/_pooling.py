"""What all pooling layers share: their keys, their shapes, and the way to the kernels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.context import Context
from dlcli.core.layer import Layer, Plan
from dlcli.kernels import pooling
from dlcli.kernels.im2col import Window
from dlcli.layers._windows import Padding, Pair, Single, need_axes, slide


@dataclass(frozen=True, kw_only=True)
class Pooling2d(Layer):
    """Pooling over rows and columns."""

    pool_size: Pair = (2, 2)
    strides: Pair | None = None
    padding: Padding = "valid"

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """As many rows and columns as the window has positions; the same channels."""
        need_axes(self.type_name(), in_shape, 3)
        OH, OW = self.window(in_shape).positions((1, *in_shape))
        C, (ph, pw) = in_shape[2], self.pool_size
        return Plan(out_shape=(OH, OW, C), flops=OH * OW * C * ph * pw, steps="new")

    def window(self, in_shape: Sequence[int]) -> Window:
        """The window over samples of that shape (H, W, C)."""
        return slide(
            self.type_name(), in_shape[:2], size=self.pool_size, strides=self.strides or self.pool_size,
            padding=self.padding, key="pool_size",
        )


@dataclass(frozen=True, kw_only=True)
class Pooling1d(Layer):
    """Pooling over steps: pooling of images with one row."""

    reads_mask: ClassVar = True

    pool_size: Single = 2
    strides: Single | None = None
    padding: Padding = "valid"

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """As many steps as the window has positions; the same channels."""
        need_axes(self.type_name(), in_shape, 2)
        C, OT = in_shape[1], self.window((1, *in_shape)).positions((1, 1, *in_shape))[1]
        return Plan(out_shape=(OT, C), flops=OT * C * self.pool_size)

    def window(self, in_shape: Sequence[int]) -> Window:
        """The window over samples of that shape (1, T, C)."""
        return slide(
            self.type_name(), in_shape[:2], size=(1, self.pool_size), strides=(1, self.strides or self.pool_size),
            padding=self.padding, key="pool_size",
        )


def largest(ctx: Context, x: np.ndarray, window: Window) -> np.ndarray:
    """Max pooling of x: (N, H, W, C); keeps which number was the largest, where training asks for it."""
    ctx.x = x
    y = ctx.empty("y", (len(x), *window.positions(x.shape), x.shape[3]))
    if window != pooling.PAIRS:
        _places(ctx, y, window)
    elif ctx.training:
        _pairs(ctx, y)
    else:
        pooling.max_pool(x, out=y)
    return y


def largest_gradient(ctx: Context, dy: np.ndarray, window: Window) -> np.ndarray:
    """dx of dy: all of it goes to the largest number of a window, the first one of equals."""
    n = pooling.micro_batch(ctx.x.shape)
    dx = ctx.empty("dx", ctx.x.shape)
    N, OH, OW, C = dy.shape
    if window != pooling.PAIRS:
        return pooling.max_pool_places_gradient(
            dy, ctx.empty("place", dy.shape, _small(window)), out=dx, chosen=ctx.empty("larger", (n, OH, OW, C), bool),
            share=ctx.empty("share", (n, OH, OW, C)), window=window,
        )
    if not ctx.training:
        _pairs(ctx, ctx.empty("y", dy.shape))
    half = (n, OH, 2, OW, C)
    return pooling.max_pool_pairs_gradient(
        dy, ctx.empty("later", (N, OH, 3, OW, C), bool), out=dx, work=ctx.empty("work", half),
        share=ctx.empty("share", half),
    )


def _pairs(ctx: Context, y: np.ndarray) -> None:
    N, OH, OW, C = y.shape
    work = ctx.empty("work", (pooling.micro_batch(ctx.x.shape), OH, 2, OW, C))
    pooling.max_pool_pairs(ctx.x, out=y, later=ctx.empty("later", (N, OH, 3, OW, C), bool), work=work)


def _places(ctx: Context, y: np.ndarray, window: Window) -> None:
    larger = ctx.empty("larger", (pooling.micro_batch(ctx.x.shape), *y.shape[1:]), bool)
    place = ctx.empty("place", y.shape, _small(window))
    pooling.max_pool_places(ctx.x, out=y, place=place, larger=larger, window=window)


def _small(window: Window) -> type[np.unsignedinteger]:
    return np.uint8 if window.size[0] * window.size[1] <= 256 else np.uint32


def mean(ctx: Context, x: np.ndarray, window: Window) -> np.ndarray:
    """Average pooling of x: (N, H, W, C)."""
    ctx.x_shape = x.shape
    positions = window.positions(x.shape)
    y = ctx.empty("y", (len(x), *positions, x.shape[3]))
    return pooling.average_pool(x, _shares(ctx, positions, window), out=y, window=window)


def mean_gradient(ctx: Context, dy: np.ndarray, window: Window) -> np.ndarray:
    """dx of dy: every number of a window gets the same share."""
    work = ctx.empty("work", (pooling.micro_batch(ctx.x_shape), *dy.shape[1:]))
    shares = _shares(ctx, (dy.shape[1], dy.shape[2]), window)
    return pooling.average_pool_gradient(dy, shares, out=ctx.empty("dx", ctx.x_shape), work=work, window=window)


def _shares(ctx: Context, positions: tuple[int, int], window: Window) -> np.ndarray:
    shares = ctx.empty("shares", (*positions, 1))
    return pooling.window_shares(window, positions, (ctx.x_shape[1], ctx.x_shape[2]), out=shares)
