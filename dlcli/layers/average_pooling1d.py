"""average_pooling1d: the mean of neighbouring steps."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers._pooling import Pooling1d, mean, mean_gradient


@dataclass(frozen=True, kw_only=True)
class AveragePooling1d(Pooling1d):
    """y[p, c] = mean over i of x[p s + i, c] with s = strides, by default `pool_size`.

    x: (N, T, C) -> y: (N, OT, C). With `padding: valid` OT = floor((T - pool_size) / s) + 1;
    with `same` OT = ceil(T / s), and what lies beyond the edge takes no part in the mean.
    """

    examples: ClassVar = (
        Example({}, (6, 2)),
        Example({"pool_size": 3, "strides": 2, "padding": "same"}, (6, 2)),
        Example({"pool_size": 3, "strides": 1}, (5, 1)),
    )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The mean of each window."""
        return mean(ctx, x[:, None], self.window((1, *x.shape[1:])))[:, 0]

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """Each dy is shared out evenly over its window."""
        return mean_gradient(ctx, dy[:, None], self.window(ctx.x_shape[1:]))[:, 0]
