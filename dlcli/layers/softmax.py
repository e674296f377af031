"""softmax: scores become probabilities that sum to one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.layer import Plan
from dlcli.errors import ShapeError
from dlcli.kernels.softmax import FEW, softmax, softmax_backward


@dataclass(frozen=True, kw_only=True)
class Softmax(Activation):
    """y_k = exp(x_k) / sum_j exp(x_j) over the last axis.

    x: (N, ..., K) -> y: (N, ..., K), positive, summing to 1 along K. Followed by
    `categorical_crossentropy` the two are computed as one, which is both exact and stable.
    """

    elementwise: ClassVar = False
    examples: ClassVar = (Example({}, (5,)), Example({}, (3, 4)), Example({}, (30,)))

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape; there must be an axis to sum over."""
        if not in_shape:
            raise ShapeError(
                "softmax needs an axis of classes; got samples that are single numbers",
                hint="put {type: reshape, shape: [1]} before it, or use sigmoid",
            )
        return super().plan(in_shape)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = softmax(x), after the largest x of each row is taken off so that exp cannot overflow."""
        K = x.shape[-1]
        M = x.size // K
        columns = ctx.empty("columns", (K, M)) if K <= FEW else None
        softmax(
            x.reshape(M, K), out=ctx.empty("y", (M, K)),
            peak=ctx.empty("peak", (M,)), total=ctx.empty("total", (M,)), columns=columns,
        )
        ctx.y = ctx.empty("y", x.shape)
        return ctx.y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = y (dy - sum_j dy_j y_j)."""
        row = ctx.empty("row", (*dy.shape[:-1], 1))
        return softmax_backward(ctx.y, dy, out=ctx.empty("dx", dy.shape), row=row)
