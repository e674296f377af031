"""Figures of how good the probabilities are: log_loss, brier_score, expected_calibration_error."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.from_means import FromMeans
from dlcli.core.memory import Memory
from dlcli.core.metric import StreamingMetric, check_classes, true_classes
from dlcli.core.target import Target

TOLERANCE = 1e-3
"""By how much the sum of the probabilities of a sample may miss 1: more than float32 and float16 need."""


@dataclass(frozen=True, kw_only=True)
class Probabilities(StreamingMetric, FromMeans):
    """Base of the metrics that take outputs for probabilities, and are a mean over samples.

    State: [sum, samples, samples whose outputs are no probabilities]. A single one of those makes the figure NaN,
    since a sum that goes on as if nothing were wrong would be a number that means nothing.
    """

    mode: ClassVar[str] = "min"
    undefined: ClassVar[str] = "the outputs are no probabilities; softmax, or sigmoid for one output, gives those"

    @abstractmethod
    def costs(self, p: np.ndarray, true: np.ndarray, memory: Memory, *, rounding: float) -> np.ndarray:
        """Of each sample, (M,); p: (M, K) in float64, K = 1 being that of class 1, true: (M,) class numbers.

        `rounding` is how far apart neighbouring probabilities near 1 are in the model's own precision.
        """
        raise NotImplementedError

    def check(self, target: Target) -> None:
        """Classes only."""
        check_classes(self, target)

    def start(self, target: Target) -> np.ndarray:
        """[sum, samples, without probabilities]."""
        return np.zeros(3)

    def update(
        self, state: np.ndarray, memory: Memory, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> None:
        """Adds one batch."""
        p, true = probabilities(y_pred, memory), true_index(y_true, y_pred, memory)
        with np.errstate(invalid="ignore", over="ignore"):  # what is no probability is counted, and needs no warning
            state[0] += np.add.reduce(self.costs(p, true, memory, rounding=float(np.finfo(y_pred.dtype).eps)))
        state[1] += len(p)
        state[2] += improper(p, memory)

    def result(self, state: np.ndarray) -> float:
        """sum / samples."""
        return float(state[0] / state[1]) if state[1] and not state[2] else float("nan")

    def terms(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """The cost of each."""
        memory = Memory(y_pred.dtype)
        p, true = probabilities(y_pred, memory), true_index(y_true, y_pred, memory)
        return self.costs(p, true, memory, rounding=float(np.finfo(y_pred.dtype).eps))[:, None]

    def of_means(self, means: np.ndarray) -> np.ndarray:
        """The mean itself."""
        return means[:, 0]


def probabilities(y_pred: np.ndarray, memory: Memory) -> np.ndarray:
    """y_pred: (N, ..., K) as (M, K) in float64."""
    K = y_pred.shape[-1]
    p = memory.empty("p", (y_pred.size // K, K), np.float64)
    p[...] = y_pred.reshape(-1, K)
    return p


def true_index(y_true: np.ndarray, y_pred: np.ndarray, memory: Memory) -> np.ndarray:
    """The true classes as (M,) class numbers."""
    true = memory.empty("true_index", (y_pred.size // y_pred.shape[-1],), np.intp)
    true[...] = true_classes(y_true, y_pred, memory).reshape(-1)
    return true


def taken(p: np.ndarray, which: np.ndarray, memory: Memory) -> np.ndarray:
    """Probability: (M,) of one class of each sample; p: (M, K), which: (M,) class numbers."""
    M, K = p.shape
    out = memory.empty("taken", (M,), np.float64)
    if K == 1:  # |1 - y - p|: p of class 1, 1 - p of class 0
        np.subtract(1, which, out=out)
        out -= p[:, 0]
        return np.abs(out, out=out)
    at = np.add(memory.multiples(M, K), which, out=memory.empty("at", (M,), np.intp))
    return p.reshape(-1).take(at, out=out, mode="clip")


def improper(p: np.ndarray, memory: Memory) -> int:
    """How many rows of p: (M, K) are no probabilities: below 0, above 1, or of another sum than 1; NaN among them."""
    M, K = p.shape
    least = np.minimum.reduce(p, axis=1, out=memory.empty("least", (M,), np.float64))
    good = np.greater_equal(least, 0, out=memory.empty("good", (M,), bool))
    total = np.add.reduce(p, axis=1, out=memory.empty("total", (M,), np.float64))
    if K > 1:
        total -= 1
        np.abs(total, out=total)
    good &= np.less_equal(total, TOLERANCE if K > 1 else 1, out=memory.empty("summed", (M,), bool))
    return M - int(np.count_nonzero(good))
