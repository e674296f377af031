"""Figures made of how often each class was taken for each other: precision, recall, f1."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlcli.core.memory import Memory
from dlcli.core.metric import Metric, check_classes, predicted_classes, true_classes
from dlcli.core.target import Target
from dlcli.errors import ShapeError

Average = Literal["auto", "binary", "macro", "micro", "weighted"]
FEW = 32
"""Up to so many classes a batch is counted by one product of one-hot rows, the fastest way that allocates nothing."""


@dataclass(frozen=True, kw_only=True)
class Counts(Metric):
    """Base of the metrics whose state is (K, K) counts, rows: true classes, columns: predicted ones."""

    average: Average = "auto"

    @abstractmethod
    def score(self, right: np.ndarray, predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
        """The figure of each class: how often it was rightly found, how often predicted, how often true."""
        raise NotImplementedError

    def check(self, target: Target) -> None:
        """Classes only; two of them where the average is binary."""
        check_classes(self, target)
        if self.average == "binary" and target.classes != 2:
            raise ShapeError(
                f"{self.type_name()} with average: binary tells class 1 from class 0; the data has {target.classes}",
                hint="use average: macro, micro or weighted",
            )

    def start(self, target: Target) -> np.ndarray:
        """Counts (K, K)."""
        return np.zeros((target.classes, target.classes))

    def update(
        self, state: np.ndarray, memory: Memory, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> None:
        """Counts one batch."""
        K = len(state)
        predicted = predicted_classes(y_pred, memory).reshape(-1)
        true = memory.empty("true_index", predicted.shape, np.intp)
        true[...] = true_classes(y_true, y_pred, memory).reshape(-1)
        if K > FEW:
            true *= K
            true += predicted
            np.add.at(state.reshape(-1), true, 1)
            return
        identity = memory.empty("identity", (K, K), np.float32)
        if not identity[0, 0]:  # new memory is zero; filled once, then kept
            np.fill_diagonal(identity, 1)
        rows = identity.take(true, axis=0, out=memory.empty("rows", (true.size, K), np.float32), mode="clip")
        columns = identity.take(predicted, axis=0, out=memory.empty("columns", rows.shape, np.float32), mode="clip")
        state += np.matmul(rows.T, columns, out=memory.empty("counts", (K, K), np.float32))

    def result(self, state: np.ndarray) -> float:
        """The average over the classes."""
        right, predicted, true = np.diag(state), state.sum(axis=0), state.sum(axis=1)
        if not true.any():
            return float("nan")
        average = self.average if self.average != "auto" else "binary" if len(state) == 2 else "macro"
        if average == "micro":
            total = state.sum(keepdims=True)[0]
            return float(self.score(right.sum(keepdims=True), total, total)[0])
        scores = self.score(right, predicted, true)
        if average == "binary":
            return float(scores[1])
        if average == "weighted":
            return float(scores @ true / true.sum())
        return float(scores[predicted + true > 0].mean())


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, 0 where whole is 0."""
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
