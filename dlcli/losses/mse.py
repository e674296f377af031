"""mse: mean squared error."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.loss import Loss, check_numbers
from dlcli.core.target import Target


@dataclass(frozen=True, kw_only=True)
class Mse(Loss):
    """Mean squared error: L = mean_k (y_pred_k - y_true_k)^2 over the outputs of a sample.

    y_pred: (N, ...), y_true of the same size. Keras' `mean_squared_error`; L2 loss.
    """

    examples: ClassVar = (Example({}, (3,)), Example({}, (1,)), Example({}, (2, 3)))

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """As many outputs as target numbers."""
        check_numbers(out_shape, target)

    def forward(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        ctx.predictions = y_pred
        ctx.error = np.subtract(y_pred, y_true.reshape(y_pred.shape), out=ctx.empty("error", y_pred.shape))
        square = np.square(ctx.error, out=ctx.empty("square", y_pred.shape)).reshape(len(y_pred), -1)
        losses: np.ndarray = np.mean(square, axis=1, out=ctx.empty("losses", (len(y_pred),)))
        return losses

    def backward(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """dy_pred = weight * 2 (y_pred - y_true) / outputs."""
        error = ctx.error
        scale = np.multiply(weight, 2 * len(error) / error.size)
        if isinstance(weight, np.ndarray):
            scale = scale.reshape(-1, *[1] * (error.ndim - 1))
        dy: np.ndarray = np.multiply(error, scale, out=ctx.empty("dy", error.shape))
        return dy
