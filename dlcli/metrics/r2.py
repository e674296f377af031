"""r2: the share of the variance that is explained."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.from_means import FromMeans
from dlcli.core.loss import Loss
from dlcli.core.memory import Memory
from dlcli.core.metric import StreamingMetric
from dlcli.core.target import Target
from dlcli.metrics._errors import check_numbers, errors, widened


@dataclass(frozen=True, kw_only=True)
class R2(StreamingMetric, FromMeans):
    """Coefficient of determination: 1 - sum (y_pred - y)^2 / sum (y - mean y)^2, averaged over the numbers of a sample.

    1 is perfect, 0 as good as always saying the mean, less is worse. Where all true values are equal it is 1 for a
    perfect prediction and 0 for any other. The same as scikit-learn's `r2_score` and Keras' `R2Score`. The sums are
    taken in one pass in float64; targets whose mean is beyond 1e6 times their spread are better shifted first.
    """

    whole_samples: ClassVar[bool] = True
    examples: ClassVar = (Example(),)

    def check(self, target: Target) -> None:
        """Numbers only."""
        check_numbers(self, target)

    def suits(self, target: Target, loss: Loss) -> bool:
        """Not for an input that is made again: a pixel that hardly ever varies would outweigh all others."""
        return not target.is_input

    def start(self, target: Target) -> np.ndarray:
        """Rows count, sum y, sum y^2, sum error^2; a column for each number of a sample."""
        return np.zeros((4, prod(target.shape)))

    def update(
        self, state: np.ndarray, memory: Memory, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> None:
        """Adds one batch."""
        columns = state.shape[1]
        assert y_true.size == len(y_true) * columns, "whole samples"
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
        count = state[0, 0]
        return float(self.of_means((state[1:] / count).reshape(1, -1))[0]) if count else float("nan")

    def terms(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """y, y^2 and error^2 of every number; y is counted from its mean, which costs no digits then."""
        memory, N = Memory(y_pred.dtype), len(y_true)
        error = errors(y_true, y_pred, memory).reshape(N, -1)
        true = widened(y_true, "true", memory).reshape(N, -1)
        true = true - true.mean(axis=0)
        return np.hstack([true, true**2, error**2])

    def of_means(self, means: np.ndarray) -> np.ndarray:
        """Mean over the columns of 1 - mean error^2 / variance."""
        mean, square, missed = np.moveaxis(means.reshape(len(means), 3, -1), 1, 0)
        spread = square - mean * mean
        flat = spread <= 1e-14 * square  # what rounding leaves where all values are equal
        scores = 1 - np.divide(missed, spread, out=np.ones(missed.shape), where=~flat)
        scores[flat & (missed == 0)] = 1
        return np.asarray(scores.mean(axis=1))
