"""softmax: scores become probabilities that sum to one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.kernels.softmax import softmax, softmax_backward


@dataclass(frozen=True, kw_only=True)
class Softmax(Activation):
    """y_k = exp(x_k) / sum_j exp(x_j) over the last axis.

    x: (N, ..., K) -> y: (N, ..., K), positive, summing to 1 along K. Followed by
    `categorical_crossentropy` the two are computed as one, which is both exact and stable.
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (3, 4)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = softmax(x), after the largest x of each row is taken off so that exp cannot overflow."""
        ctx.y = softmax(x, out=ctx.empty("y", x.shape), row=ctx.empty("row", (*x.shape[:-1], 1)))
        return ctx.y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = y (dy - sum_j dy_j y_j)."""
        row = ctx.empty("row", (*dy.shape[:-1], 1))
        return softmax_backward(ctx.y, dy, out=ctx.empty("dx", dy.shape), row=row)
