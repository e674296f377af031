"""Figures made of how far predicted numbers are from the true ones: mae, mse, rmse."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.from_means import FromMeans
from dlcli.core.memory import Memory
from dlcli.core.metric import Metric, StreamingMetric
from dlcli.core.target import Target
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Errors(StreamingMetric, FromMeans):
    """Base of the metrics that are a mean over all numbers. State: [sum, count]."""

    mode: ClassVar[str] = "min"

    @abstractmethod
    def sizes(self, error: np.ndarray) -> np.ndarray:
        """The size of each error, written over `error`."""
        raise NotImplementedError

    def check(self, target: Target) -> None:
        """Numbers only."""
        check_numbers(self, target)

    def start(self, target: Target) -> np.ndarray:
        """[sum, count]."""
        return np.zeros(2)

    def update(
        self, state: np.ndarray, memory: Memory, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> None:
        """Adds one batch."""
        error = errors(y_true, y_pred, memory)
        state[0] += np.add.reduce(self.sizes(error))
        state[1] += error.size

    def result(self, state: np.ndarray) -> float:
        """sum / count."""
        return float(self.of_means(state[None, :1] / state[1])[0]) if state[1] else float("nan")

    def terms(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """The mean size of the errors of each."""
        sizes = self.sizes(errors(y_true, y_pred, Memory(y_pred.dtype)))
        return sizes.reshape(len(y_true), -1).mean(axis=1, keepdims=True)

    def of_means(self, means: np.ndarray) -> np.ndarray:
        """The mean itself."""
        return means[:, 0]


def check_numbers(metric: Metric, target: Target) -> None:
    """Raises ShapeError unless the targets are numbers."""
    if target.kind != "numbers":
        raise ShapeError(
            f"{metric.type_name()} measures distances between numbers, but the targets are classes",
            hint="use `metrics: [accuracy]`, or a data set whose targets are numbers",
        )


def errors(y_true: np.ndarray, y_pred: np.ndarray, memory: Memory) -> np.ndarray:
    """y_pred - y_true: all numbers of a batch in a row, in float64."""
    error = memory.empty("error", (y_pred.size,), np.float64)
    error[...] = y_pred.reshape(-1)
    error -= widened(y_true, "true", memory)
    return error


def widened(y: np.ndarray, name: str, memory: Memory) -> np.ndarray:
    """All numbers of y in a row, in float64."""
    wide = memory.empty(name, (y.size,), np.float64)
    wide[...] = y.reshape(-1)
    return wide
