"""global_average_pooling2d: the mean of each channel of an image."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers._global_pooling import GlobalPooling, mean, mean_gradient


@dataclass(frozen=True, kw_only=True)
class GlobalAveragePooling2d(GlobalPooling):
    """y[c] = mean over p, q of x[p, q, c].

    x: (N, H, W, C) -> y: (N, C), or (N, 1, 1, C) with `keepdims: true`.
    Source: Lin et al., "Network in network", 2014.
    """

    examples: ClassVar = (Example({}, (3, 4, 2)), Example({"keepdims": True}, (2, 1, 3)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The mean of each channel."""
        return mean(ctx, x)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """Each dy is shared out evenly over its channel."""
        return mean_gradient(ctx, dy)
