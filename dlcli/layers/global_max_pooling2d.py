"""global_max_pooling2d: the largest number of each channel of an image."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers._global_pooling import GlobalPooling, largest, largest_gradient


@dataclass(frozen=True, kw_only=True)
class GlobalMaxPooling2d(GlobalPooling):
    """y[c] = max over p, q of x[p, q, c].

    x: (N, H, W, C) -> y: (N, C), or (N, 1, 1, C) with `keepdims: true`. Equal largest numbers share the gradient.
    """

    examples: ClassVar = (Example({}, (3, 4, 2)), Example({"keepdims": True}, (2, 1, 3)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The largest number of each channel."""
        return largest(ctx, x)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """Each dy goes to the largest number of its channel."""
        return largest_gradient(ctx, dy)
