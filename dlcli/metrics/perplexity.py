"""perplexity: among how many classes the model is in doubt."""

from dataclasses import dataclass
from math import exp, inf
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.loss import Loss
from dlcli.core.memory import Memory
from dlcli.core.metric import StreamingMetric, check_classes
from dlcli.core.target import Target


@dataclass(frozen=True, kw_only=True)
class Perplexity(StreamingMetric):
    """exp(mean loss), the loss being a cross-entropy in nats: 1 is certainty, K no more than a guess among K classes.

    Of a language model it is taken per character or per word, whatever one position is. Only with
    `loss: categorical_crossentropy` without label smoothing does the figure mean this.
    """

    examples: ClassVar = (Example(),)
    mode: ClassVar[str] = "min"

    def check(self, target: Target) -> None:
        """Classes only."""
        check_classes(self, target)

    def suits(self, target: Target, loss: Loss) -> bool:
        """For sequences whose loss is the cross-entropy itself."""
        plain = loss.type_name() == "categorical_crossentropy" and not getattr(loss, "label_smoothing", 0)
        return plain and bool(target.shape)

    def start(self, target: Target) -> np.ndarray:
        """[sum of losses, count]."""
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
        """exp(sum / count); infinity where that is beyond floating point."""
        if not state[1]:
            return float("nan")
        mean = float(state[0] / state[1])
        return exp(mean) if mean < 709 else inf
