"""average_pooling1d: the mean of neighbouring steps."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers._masks import padded_steps, shares_of_windows, silence, silenced, slide_mask
from dlcli.layers._pooling import Pooling1d, mean, mean_gradient


@dataclass(frozen=True, kw_only=True)
class AveragePooling1d(Pooling1d):
    """y[p, c] = mean over i of x[p s + i, c] with s = strides, by default `pool_size`.

    x: (N, T, C) -> y: (N, OT, C). With `padding: valid` OT = floor((T - pool_size) / s) + 1;
    with `same` OT = ceil(T / s), and what lies beyond the edge takes no part in the mean. Nor do padded
    steps; the mask goes on, a position counting where all steps of its window do (`valid`), or where step p s does
    (`same`). Positions that do not count are 0.
    """

    examples: ClassVar = (
        Example({}, (6, 2)),
        Example({"pool_size": 3, "strides": 2, "padding": "same"}, (6, 2)),
        Example({"pool_size": 3, "strides": 1}, (5, 1)),
    )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The mean of each window."""
        window, padded = self.window((1, *x.shape[1:])), padded_steps(ctx, x)
        y = mean(ctx, silenced(ctx, "live", x, padded)[:, None], window)[:, 0]
        out = slide_mask(ctx, window, y.shape[1], padding=self.padding)
        ctx.padded, ctx.shares = padded, None
        if padded is not None:
            ctx.shares = shares_of_windows(ctx, padded, out, window, y.shape[1])
            y *= ctx.shares
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """Each dy is shared out evenly over its window."""
        if ctx.shares is not None:
            dy = np.multiply(dy, ctx.shares, out=ctx.empty("counting dy", dy.shape))
        dx = mean_gradient(ctx, dy[:, None], self.window(ctx.x_shape[1:]))[:, 0]
        return silence(dx, ctx.padded)
