"""Figures made of how often each class was rightly found, was predicted, and was true."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from dlcli.core.memory import Memory
from dlcli.core.metric import StreamingMetric, check_classes, predicted_classes, true_classes
from dlcli.core.target import Target


@dataclass(frozen=True, kw_only=True)
class Counts(StreamingMetric):
    """Base of the metrics whose state is (3, K) counts: how often a class was rightly found, was predicted, was true.

    That is all that these figures need of a confusion matrix, and for ten thousand classes it still fits into a cache.
    """

    @abstractmethod
    def of_counts(self, right: np.ndarray, predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
        """The figure: (...) of counts of at least one sample, (..., K) each: of many splits at once, if need be."""
        raise NotImplementedError

    def check(self, target: Target) -> None:
        """Classes only."""
        check_classes(self, target)

    def start(self, target: Target) -> np.ndarray:
        """Counts (3, K)."""
        return np.zeros((3, target.classes))

    def update(
        self, state: np.ndarray, memory: Memory, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> None:
        """Counts one batch."""
        predicted = predicted_classes(y_pred, memory).reshape(-1)
        true = memory.empty("true_index", predicted.shape, np.intp)
        true[...] = true_classes(y_true, y_pred, memory).reshape(-1)
        right = memory.empty("right", predicted.shape, np.float64)
        np.equal(true, predicted, out=right, casting="unsafe")
        np.add.at(state[0], true, right)
        np.add.at(state[1], predicted, 1.0)
        np.add.at(state[2], true, 1.0)

    def result(self, state: np.ndarray) -> float:
        """The figure of the counts."""
        return float(self.of_counts(*state)) if state[2].any() else float("nan")


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, 0 where whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(part.shape, whole.shape)), where=whole > 0)
