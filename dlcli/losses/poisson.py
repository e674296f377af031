"""poisson: for counts, such as events in an hour."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.loss import Loss, check_numbers
from dlcli.core.target import Target
from dlcli.losses._targets import beside
from dlcli.losses._weights import mean_over_outputs, shared_out

EPSILON = 1e-7


@dataclass(frozen=True, kw_only=True)
class Poisson(Loss):
    """L = mean_k (y_pred_k - y_true_k log(y_pred_k + 1e-7)) over the outputs of a sample.

    Up to a constant, minus the logarithm of the probability of the counts y_true where y_pred are expected.
    y_pred: (N, ...) must not be negative: end in `softplus` or `relu`. y_true of the same size, or integers (N, ...) of
    as many classes, which count as one-hot rows.
    """

    examples: ClassVar = (Example({}, (3,)), Example({}, (1,)), Example({}, (2, 3)))

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """As many outputs as target numbers."""
        check_numbers(out_shape, target)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        ctx.predictions = y_pred
        ctx.targets = beside(ctx, y_pred, y_true)
        ctx.shifted = np.add(y_pred, EPSILON, out=ctx.empty("shifted", y_pred.shape))
        terms = np.log(ctx.shifted, out=ctx.empty("terms", y_pred.shape))
        terms *= ctx.targets
        np.subtract(y_pred, terms, out=terms)
        return mean_over_outputs(ctx, terms)

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """dy_pred = weight (1 - y_true / (y_pred + 1e-7)) / outputs."""
        dy = np.divide(ctx.targets, ctx.shifted, out=ctx.empty("dy", ctx.shifted.shape))
        np.subtract(1, dy, out=dy)
        return shared_out(ctx, dy, weight)
