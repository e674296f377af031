"""up_sampling2d: more pixels for the same image."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.layer import Layer, Plan
from dlcli.layers._windows import Pair, need_axes


@dataclass(frozen=True, kw_only=True)
class UpSampling2d(Layer):
    """Repeats pixels (`nearest`), or draws lines between their middles (`bilinear`).

    x: (N, H, W, C) -> y: (N, H a, W b, C) with `size` = [a, b], or one number for both. nearest: y[p, q] = x[p // a,
    q // b]. bilinear: y[p, q] lies at (p + 0.5) / a - 0.5, (q + 0.5) / b - 0.5 between the pixels of x; beyond the
    middles of the outer pixels their values go on.
    """

    examples: ClassVar = (
        Example({}, (2, 3, 2)), Example({"size": [3, 1]}, (2, 2, 1)),
        Example({"size": [2, 3], "interpolation": "bilinear"}, (3, 2, 2)),
        Example({"interpolation": "bilinear"}, (1, 4, 1)),
    )

    size: Pair = (2, 2)
    interpolation: Literal["nearest", "bilinear"] = "nearest"

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """`size` times as many rows and columns; the same channels."""
        need_axes("up_sampling2d", in_shape, 3)
        (a, b), (H, W, C) = self.size, in_shape
        size = H * a * W * b * C
        flops = 4 * size if self.interpolation == "bilinear" else 0
        return Plan(out_shape=(H * a, W * b, C), flops=flops, steps="new")

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Rows and columns of y from those of x."""
        (a, b), (N, H, W, C) = self.size, x.shape
        ctx.x_shape = x.shape
        y = ctx.empty("y", (N, H * a, W * b, C))
        if self.interpolation == "nearest":
            y.reshape(N, H, a, W, b, C)[...] = x[:, :, None, :, None]
            return y
        wide = np.matmul(_between(ctx, "columns", W, b), x, out=ctx.empty("wide", (N, H, W * b, C)))
        rows = _between(ctx, "rows", H, a)
        np.matmul(rows, wide.reshape(N, H, W * b * C), out=y.reshape(N, H * a, W * b * C))
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx: what each pixel gave, times dy there, summed."""
        (a, b), (N, H, W, C) = self.size, ctx.x_shape
        dx = ctx.empty("dx", ctx.x_shape)
        if self.interpolation == "nearest":
            narrow = np.add.reduce(dy.reshape(N, H * a, W, b, C), axis=3, out=ctx.empty("narrow", (N, H * a, W, C)))
            np.add.reduce(narrow.reshape(N, H, a, W, C), axis=2, out=dx)
            return dx
        wide = ctx.empty("wide", (N, H, W * b, C))
        rows = _between(ctx, "rows", H, a)
        np.matmul(rows.T, dy.reshape(N, H * a, W * b * C), out=wide.reshape(N, H, W * b * C))
        return np.matmul(_between(ctx, "columns", W, b).T, wide, out=dx)


def _between(ctx: Context, name: str, n: int, times: int) -> np.ndarray:
    """(n * times, n): the share that each of n pixels has in each of the new ones along one axis."""
    shares = ctx.empty(name, (n * times, n))
    shares.fill(0)
    for new in range(n * times):
        place = min(max((new + 0.5) / times - 0.5, 0), n - 1)
        low = int(place)
        shares[new, low] += 1 - (place - low)
        shares[new, min(low + 1, n - 1)] += place - low
    return shares
