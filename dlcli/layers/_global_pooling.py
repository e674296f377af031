"""What global pooling layers share: one number a channel, whatever lies between."""

from dataclasses import dataclass
from math import prod

import numpy as np

from dlcli.core.context import Context
from dlcli.core.layer import Layer, Plan
from dlcli.layers._windows import need_axes


@dataclass(frozen=True, kw_only=True)
class GlobalPooling(Layer):
    """Pooling over all axes but the last one. `keepdims` keeps them, each with one place."""

    keepdims: bool = False

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The channels are left."""
        need_axes(self.type_name(), in_shape, 2 if self.type_name().endswith("1d") else 3)
        ones = (1,) * (len(in_shape) - 1) if self.keepdims else ()
        return Plan(out_shape=(*ones, in_shape[-1]), flops=prod(in_shape))


def largest(ctx: Context, x: np.ndarray) -> np.ndarray:
    """y: (N, *out_shape), the largest number of each channel of x."""
    ctx.x = x
    y = ctx.empty("y", (len(x), *ctx.plan.out_shape))
    np.maximum.reduce(_inner(x), axis=1, out=y.reshape(len(x), x.shape[-1]))
    ctx.y = y
    return y


def largest_gradient(ctx: Context, dy: np.ndarray) -> np.ndarray:
    """dx of dy: all of it goes to the largest number of a channel; equals share it."""
    x = _inner(ctx.x)
    N, P, C = x.shape
    dx, share = ctx.empty("dx", ctx.x.shape), ctx.empty("share", (N, 1, C))
    chosen = np.equal(x, ctx.y.reshape(N, 1, C), out=dx.reshape(N, P, C))  # 1 and 0 as numbers
    np.add.reduce(chosen, axis=1, keepdims=True, out=share)
    np.divide(dy.reshape(N, 1, C), share, out=share)
    chosen *= share
    return dx


def mean(ctx: Context, x: np.ndarray) -> np.ndarray:
    """y: (N, *out_shape), the mean of each channel of x."""
    ctx.x_shape = x.shape
    y = ctx.empty("y", (len(x), *ctx.plan.out_shape))
    inner = _inner(x)
    np.add.reduce(inner, axis=1, out=y.reshape(len(x), x.shape[-1]))
    y *= 1 / inner.shape[1]
    return y


def mean_gradient(ctx: Context, dy: np.ndarray) -> np.ndarray:
    """dx of dy: every number of a channel gets the same share."""
    N, *axes, C = ctx.x_shape
    share = np.multiply(dy.reshape(N, 1, C), 1 / prod(axes), out=ctx.empty("share", (N, 1, C)))
    dx = ctx.empty("dx", ctx.x_shape)
    dx.reshape(N, -1, C)[...] = share
    return dx


def _inner(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1, x.shape[-1])
