"""global_average_pooling1d: the mean of each channel over all steps."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers._global_pooling import GlobalPooling, mean, mean_gradient
from dlcli.layers._masks import padded_steps


@dataclass(frozen=True, kw_only=True)
class GlobalAveragePooling1d(GlobalPooling):
    """y[c] = mean over p of x[p, c].

    x: (N, T, C) -> y: (N, C), or (N, 1, C) with `keepdims: true`. Padded steps take no part; where all are, y = 0.
    """

    reads_mask: ClassVar = True
    examples: ClassVar = (Example({}, (4, 3)), Example({"keepdims": True}, (5, 2)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The mean of each channel."""
        return mean(ctx, x, padded_steps(ctx, x))

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """Each dy is shared out evenly over its channel."""
        return mean_gradient(ctx, dy)
