"""loss: the mean of what the loss says."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core import loss as core
from dlcli.core.component import Example
from dlcli.core.memory import Memory
from dlcli.core.metric import StreamingMetric
from dlcli.core.target import Target


@dataclass(frozen=True, kw_only=True)
class Loss(StreamingMetric):
    """Mean over samples of the loss of each, without regularization."""

    examples: ClassVar = (Example(),)
    mode: ClassVar[str] = "min"

    def check(self, target: Target) -> None:
        """Any targets."""

    def suits(self, target: Target, loss: core.Loss) -> bool:
        """No: an evaluation has the loss anyway, with the penalty of a regularization."""
        return False

    def start(self, target: Target) -> np.ndarray:
        """[sum, count]."""
        return np.zeros(2)

    def update(
        self, state: np.ndarray, memory: Memory, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> None:
        """Adds one batch."""
        exact = memory.empty("losses", losses.shape, np.float64)
        exact[...] = losses
        state[0] += np.add.reduce(exact)
        state[1] += losses.size

    def result(self, state: np.ndarray) -> float:
        """sum / count."""
        return float(state[0] / state[1]) if state[1] else float("nan")
