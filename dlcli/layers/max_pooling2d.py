"""max_pooling2d: the largest of neighbours."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers._pooling import Pooling2d, largest, largest_gradient


@dataclass(frozen=True, kw_only=True)
class MaxPooling2d(Pooling2d):
    """y[p, q, c] = max over i, j of x[p s + i, q s + j, c] with s = strides, by default `pool_size`.

    x: (N, H, W, C) -> y: (N, OH, OW, C). With `padding: valid` OH = floor((H - pool_size) / s) + 1;
    with `same` OH = ceil(H / s), and what lies beyond the edge takes no part. Of equal numbers the
    first one gets the gradient.
    `pool_size`, `strides`: one number or [rows, columns].
    """

    takes_maximum: ClassVar[bool] = True
    examples: ClassVar = (
        Example({}, (4, 6, 2)),
        Example({"pool_size": [2, 3], "strides": [2, 1], "padding": "same"}, (5, 4, 2)),
        Example({"pool_size": 2}, (5, 7, 3)),
        Example({"pool_size": 3, "strides": 2}, (7, 8, 1)),
    )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The largest number of each window."""
        return largest(ctx, x, self.window(x.shape[1:]))

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """Each dy goes to the number that was the largest."""
        return largest_gradient(ctx, dy, self.window(ctx.x.shape[1:]))
