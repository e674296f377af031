"""mae: mean absolute error."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.loss import Loss, check_numbers
from dlcli.core.target import Target
from dlcli.losses._targets import compared
from dlcli.losses._weights import mean_over_outputs, scaled


@dataclass(frozen=True, kw_only=True)
class Mae(Loss):
    """Mean absolute error: L = mean_k |y_pred_k - y_true_k| over the outputs of a sample.

    y_pred: (N, ...), y_true of the same size, or integers (N, ...) of as many classes, which count as one-hot rows.
    Also `mean_absolute_error`, Keras' long name; L1 loss. The derivative where prediction and truth are equal is taken
    as 0.
    """

    examples: ClassVar = (Example({}, (3,)), Example({}, (1,)), Example({}, (2, 3)))

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """As many outputs as target numbers."""
        check_numbers(out_shape, target)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        ctx.predictions = y_pred
        error = ctx.empty("error", y_pred.shape)
        ctx.error = np.subtract(y_pred, compared(ctx, y_pred, y_true), out=error, dtype=error.dtype)
        return mean_over_outputs(ctx, np.abs(error, out=ctx.empty("distance", y_pred.shape)))

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """dy_pred = weight * sign(y_pred - y_true) / outputs."""
        shape = ctx.error.shape
        outputs = ctx.error.size // shape[0]
        dy = ctx.empty("dy", (shape[0], outputs))
        np.sign(ctx.error.reshape(dy.shape), out=dy)
        dy *= scaled(ctx, weight, 1 / outputs)
        return ctx.empty("dy", shape)
