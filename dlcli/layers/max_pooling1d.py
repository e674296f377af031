"""max_pooling1d: the largest of neighbouring steps."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers._masks import NEVER_LARGEST, padded_steps, silence, silenced, slide_mask
from dlcli.layers._pooling import Pooling1d, largest, largest_gradient


@dataclass(frozen=True, kw_only=True)
class MaxPooling1d(Pooling1d):
    """y[p, c] = max over i of x[p s + i, c] with s = strides, by default `pool_size`.

    x: (N, T, C) -> y: (N, OT, C). With `padding: valid` OT = floor((T - pool_size) / s) + 1;
    with `same` OT = ceil(T / s), and what lies beyond the edge takes no part. Of equal numbers the
    first one gets the gradient. Padded steps take no part; the mask goes on, a position counting where all steps of its
    window do (`valid`), or where step p s does (`same`). Positions that do not count are 0.
    """

    takes_maximum: ClassVar[bool] = True
    examples: ClassVar = (
        Example({}, (6, 2)),
        Example({"pool_size": 3, "strides": 2, "padding": "same"}, (6, 2)),
        Example({"pool_size": 3, "strides": 1}, (5, 1)),
    )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The largest number of each window."""
        window, padded = self.window((1, *x.shape[1:])), padded_steps(ctx, x)
        ctx.padded, live = padded, silenced(ctx, "live", x, padded, NEVER_LARGEST)
        y = largest(ctx, live[:, None], window)[:, 0]
        ctx.out = slide_mask(ctx, window, y.shape[1], padding=self.padding)
        return silence(y, ctx.out)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """Each dy goes to the number that was the largest."""
        dy = silenced(ctx, "counting dy", dy, ctx.out)
        dx = largest_gradient(ctx, dy[:, None], self.window(ctx.x.shape[1:]))[:, 0]
        return silence(dx, ctx.padded)
