"""mape: how far predictions are off, as a share of the true values."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.from_means import FromMeans
from dlcli.core.loss import Loss
from dlcli.core.memory import Memory
from dlcli.core.metric import StreamingMetric
from dlcli.core.target import Target
from dlcli.metrics._errors import check_numbers, errors, widened

_NOTHING = 1e-9  # sin(pi) is 1.2e-16


@dataclass(frozen=True, kw_only=True)
class Mape(StreamingMetric, FromMeans):
    """Mean absolute percentage error: mean |y_pred - y_true| / |y_true| over all numbers; 0.1 means 10 %.

    Where a true value is within 1e-9 of 0 there is no percentage that means anything, and the figure is not defined;
    scikit-learn's `mean_absolute_percentage_error`, otherwise the same, is then some very large number. Keras' is 100
    times as much.
    """

    examples: ClassVar = (Example(),)
    is_share: ClassVar[bool] = True
    mode: ClassVar[str] = "min"
    undefined: ClassVar[str] = "true values next to 0 have no percentage"

    def check(self, target: Target) -> None:
        """Numbers only."""
        check_numbers(self, target)

    def suits(self, target: Target, loss: Loss) -> bool:
        """Not for an input that is made again: pixels are often 0."""
        return not target.is_input

    def start(self, target: Target) -> np.ndarray:
        """[sum, numbers, those without a percentage]."""
        return np.zeros(3)

    def update(
        self, state: np.ndarray, memory: Memory, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> None:
        """Adds one batch."""
        error, true = errors(y_true, y_pred, memory), widened(y_true, "true", memory)
        np.abs(true, out=true)
        there = np.greater(true, _NOTHING, out=memory.empty("there", true.shape, bool))
        state[2] += true.size - np.count_nonzero(there)
        np.divide(np.abs(error, out=error), true, out=error, where=there)
        state[0] += np.add.reduce(error)
        state[1] += error.size

    def result(self, state: np.ndarray) -> float:
        """sum / numbers."""
        return float(state[0] / state[1]) if state[1] and not state[2] else float("nan")

    def terms(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """The mean share of each; no true value may be 0."""
        memory = Memory(y_pred.dtype)
        shares = np.abs(errors(y_true, y_pred, memory)) / np.abs(widened(y_true, "true", memory))
        return shares.reshape(len(y_true), -1).mean(axis=1, keepdims=True)

    def of_means(self, means: np.ndarray) -> np.ndarray:
        """The mean itself."""
        return means[:, 0]
