"""r2: the share of the variance that is explained."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.memory import Memory
from dlcli.core.metric import StreamingMetric
from dlcli.core.target import Target
from dlcli.metrics._errors import check_numbers, errors, widened


@dataclass(frozen=True, kw_only=True)
class R2(StreamingMetric):
    """Coefficient of determination: 1 - sum (y_pred - y)^2 / sum (y - mean y)^2, averaged over the numbers of a sample.

    1 is perfect, 0 as good as always saying the mean, less is worse. Where all true values are equal it is 1 for a
    perfect prediction and 0 for any other. The same as scikit-learn's `r2_score` and Keras' `R2Score`. The sums are
    taken in one pass in float64; targets whose mean is beyond 1e6 times their spread are better shifted first.
    """

    examples: ClassVar = (Example(),)

    def check(self, target: Target) -> None:
        """Numbers only."""
        check_numbers(self, target)

    def start(self, target: Target) -> np.ndarray:
        """Rows count, sum y, sum y^2, sum error^2; a column for each number of a sample."""
        return np.zeros((4, prod(target.shape)))

    def update(
        self, state: np.ndarray, memory: Memory, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> None:
        """Adds one batch."""
        columns = state.shape[1]
        error, true = errors(y_true, y_pred, memory), widened(y_true, "true", memory)
        total = memory.empty("total", (columns,), np.float64)
        state[0] += len(y_true)
        state[1] += np.add.reduce(true.reshape(-1, columns), axis=0, out=total)
        np.square(true, out=true)
        state[2] += np.add.reduce(true.reshape(-1, columns), axis=0, out=total)
        np.square(error, out=error)
        state[3] += np.add.reduce(error.reshape(-1, columns), axis=0, out=total)

    def result(self, state: np.ndarray) -> float:
        """Mean over the columns."""
        count, total, squares, missed = state
        if not count[0]:
            return float("nan")
        spread = squares - total * total / count
        flat = spread <= 1e-14 * squares  # what rounding leaves where all values are equal
        scores = 1 - np.divide(missed, spread, out=np.ones(missed.shape), where=~flat)
        scores[flat & (missed == 0)] = 1
        return float(scores.mean())
