"""accuracy: the share of samples that got the right class."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.from_means import FromMeans
from dlcli.core.memory import Memory
from dlcli.core.metric import StreamingMetric, check_classes, predicted_classes, true_classes
from dlcli.core.target import Target
from dlcli.kernels.counting import count_right


@dataclass(frozen=True, kw_only=True)
class Accuracy(StreamingMetric, FromMeans):
    """Share of samples whose predicted class is the true one: right / all.

    The predicted class is the largest of K outputs, or `output > 0.5` where the model has one output.
    """

    examples: ClassVar = (Example(),)
    is_share: ClassVar[bool] = True

    def check(self, target: Target) -> None:
        """Classes only."""
        check_classes(self, target)

    def start(self, target: Target) -> np.ndarray:
        """[right, all]."""
        return np.zeros(2)

    def update(
        self, state: np.ndarray, memory: Memory, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> None:
        """Counts one batch."""
        state[0] += count_right(y_pred, y_true, memory)
        state[1] += y_pred.size // y_pred.shape[-1]

    def result(self, state: np.ndarray) -> float:
        """right / all."""
        return float(state[0] / state[1]) if state[1] else float("nan")

    def terms(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """1 where the class is right."""
        memory = Memory(y_pred.dtype)
        right = predicted_classes(y_pred, memory) == true_classes(y_true, y_pred, memory)
        return right.reshape(-1, 1).astype(np.float64)

    def of_means(self, means: np.ndarray) -> np.ndarray:
        """The mean itself."""
        return means[:, 0]
