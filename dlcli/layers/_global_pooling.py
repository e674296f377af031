"""What global pooling layers share: one number a channel, whatever lies between."""

from dataclasses import dataclass
from math import prod

import numpy as np

from dlcli.core.context import Context
from dlcli.core.layer import Layer, Plan
from dlcli.layers._masks import NEVER_LARGEST, silence, silenced
from dlcli.layers._windows import need_axes


@dataclass(frozen=True, kw_only=True)
class GlobalPooling(Layer):
    """Pooling over all axes but the last one. `keepdims` keeps them, each with one place."""

    keepdims: bool = False

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The channels are left."""
        need_axes(self.type_name(), in_shape, 2 if self.type_name().endswith("1d") else 3)
        ones = (1,) * (len(in_shape) - 1) if self.keepdims else ()
        return Plan(out_shape=(*ones, in_shape[-1]), flops=prod(in_shape), steps="gone")


def largest(ctx: Context, x: np.ndarray, padded: np.ndarray | None = None) -> np.ndarray:
    """y: (N, *out_shape), the largest number of each channel of x but for padded steps; 0 where nothing else is."""
    ctx.x = x = silenced(ctx, "live", x, padded, NEVER_LARGEST)
    y = ctx.empty("y", (len(x), *ctx.plan.out_shape))
    np.maximum.reduce(_inner(x), axis=1, out=y.reshape(len(x), x.shape[-1]))
    if padded is not None:
        np.copyto(y, 0, where=np.equal(y, NEVER_LARGEST, out=ctx.empty("nothing", y.shape, bool)))
    ctx.y = y
    return y


def largest_gradient(ctx: Context, dy: np.ndarray) -> np.ndarray:
    """dx of dy: all of it goes to the largest number of a channel; equals share it."""
    x = _inner(ctx.x)
    N, P, C = x.shape
    dx, share = ctx.empty("dx", ctx.x.shape), ctx.empty("share", (N, 1, C))
    chosen = np.equal(x, ctx.y.reshape(N, 1, C), out=dx.reshape(N, P, C))  # 1 and 0 as numbers
    np.add.reduce(chosen, axis=1, keepdims=True, out=share)
    np.maximum(share, 1, out=share)  # of padding alone nothing is chosen
    np.divide(dy.reshape(N, 1, C), share, out=share)
    chosen *= share
    return dx


def mean(ctx: Context, x: np.ndarray, padded: np.ndarray | None = None) -> np.ndarray:
    """y: (N, *out_shape), the mean of each channel of x but for padded steps; 0 where nothing else is."""
    ctx.x_shape, ctx.padded = x.shape, padded
    y = ctx.empty("y", (len(x), *ctx.plan.out_shape))
    inner = _inner(silenced(ctx, "live", x, padded))
    rows = y.reshape(len(x), x.shape[-1])
    np.add.reduce(inner, axis=1, out=rows)
    rows *= _part(ctx)
    return y


def mean_gradient(ctx: Context, dy: np.ndarray) -> np.ndarray:
    """dx of dy: every number of a channel gets the same share."""
    N, C = ctx.x_shape[0], ctx.x_shape[-1]
    share = np.multiply(dy.reshape(N, C), _part(ctx), out=ctx.empty("share", (N, C)))
    dx = ctx.empty("dx", ctx.x_shape)
    dx.reshape(N, -1, C)[...] = share[:, None]
    return silence(dx, ctx.padded)


def _part(ctx: Context) -> float | np.ndarray:
    """1 over how many numbers the mean of a channel is taken; (N, 1) where samples have padded steps."""
    N, *axes, _ = ctx.x_shape
    if ctx.padded is None:
        return 1 / prod(axes)
    part = ctx.empty("part", (N, 1))
    np.subtract(1, ctx.padded, out=(live := ctx.empty("counting", ctx.padded.shape)))
    np.add.reduce(live, axis=1, keepdims=True, out=part)
    np.maximum(part, 1, out=part)
    return np.reciprocal(part, out=part)


def _inner(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1, x.shape[-1])
