"""global_max_pooling1d: the largest number of each channel over all steps."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers._global_pooling import GlobalPooling, largest, largest_gradient
from dlcli.layers._masks import padded_steps


@dataclass(frozen=True, kw_only=True)
class GlobalMaxPooling1d(GlobalPooling):
    """y[c] = max over p of x[p, c].

    x: (N, T, C) -> y: (N, C), or (N, 1, C) with `keepdims: true`. Equal largest numbers share the gradient.
    Padded steps take no part; where all are, y = 0.
    """

    reads_mask: ClassVar = True
    examples: ClassVar = (Example({}, (4, 3)), Example({"keepdims": True}, (5, 2)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The largest number of each channel."""
        return largest(ctx, x, padded_steps(ctx, x))

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """Each dy goes to the largest number of its channel."""
        return largest_gradient(ctx, dy)
