"""The contract of metrics."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Component
from dlcli.core.target import Target


@dataclass(frozen=True, kw_only=True)
class Metric(Component):
    """A figure over many batches. Its state is one array that batches, lanes and machines add up."""

    kind: ClassVar[str] = "metrics"
    mode: ClassVar[str] = "max"
    """`max` where more is better, `min` where less is."""

    @abstractmethod
    def check(self, target: Target) -> None:
        """Raises ShapeError where the metric means nothing for such targets."""
        raise NotImplementedError

    @abstractmethod
    def start(self, target: Target) -> np.ndarray:
        """The state before the first batch: zeros, float64."""
        raise NotImplementedError

    @abstractmethod
    def update(self, state: np.ndarray, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> None:
        """Adds one batch to `state` in place: y_true as `Target` says, y_pred predictions, losses (N,)."""
        raise NotImplementedError

    @abstractmethod
    def result(self, state: np.ndarray) -> float:
        """The figure; NaN before the first batch."""
        raise NotImplementedError
