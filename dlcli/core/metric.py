"""The contract of metrics: what all have in common, and of those that are sums."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Component
from dlcli.core.loss import Loss
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Metric(Component):
    """A figure that says how good the predictions for many samples are.

    It is a `StreamingMetric` wherever its figure can be had from sums, and a `SplitMetric` where it cannot.
    """

    kind: ClassVar[str] = "metrics"
    mode: ClassVar[str] = "max"
    """`max` where more is better, `min` where less is."""
    whole_samples: ClassVar[bool] = False
    """Whether it needs samples as they are, and not each place that counts as a sample of its own."""
    is_share: ClassVar[bool] = False
    """A share, which people read in percent."""
    undefined: ClassVar[str] = "no sample counts"
    """Why the figure is NaN where it is, for people."""

    @abstractmethod
    def check(self, target: Target) -> None:
        """Raises ShapeError where the metric means nothing for such targets."""
        raise NotImplementedError

    def suits(self, target: Target, loss: Loss) -> bool:
        """Whether `dlcli evaluate` gives the figure of such targets without being asked, if `check` lets it."""
        return True


@dataclass(frozen=True, kw_only=True)
class StreamingMetric(Metric):
    """A figure over many batches. Its state is one array that batches, lanes and machines add up."""

    @abstractmethod
    def start(self, target: Target) -> np.ndarray:
        """The state before the first batch: zeros, float64."""
        raise NotImplementedError

    @abstractmethod
    def update(
        self, state: np.ndarray, memory: Memory, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> None:
        """Adds one batch to `state` in place: y_true as `Target` says, y_pred predictions, losses (N,).

        Where the loss passes over something, such as padded steps, each place that counts comes as a sample of its own.
        Works in `memory`, since it runs at every step.
        """
        raise NotImplementedError

    @abstractmethod
    def result(self, state: np.ndarray) -> float:
        """The figure; NaN before the first batch."""
        raise NotImplementedError


def check_classes(metric: Metric, target: Target) -> None:
    """Raises ShapeError unless the targets are classes."""
    if target.kind != "classes":
        raise ShapeError(
            f"{metric.type_name()} counts right and wrong classes, but the targets are numbers",
            hint="leave it out of `metrics`, or use a data set whose targets are classes",
        )


def predicted_classes(y_pred: np.ndarray, memory: Memory) -> np.ndarray:
    """Class numbers: (N, ...) of predictions y_pred: (N, ..., K); K = 1 is the probability of class 1."""
    out = memory.empty("predicted", y_pred.shape[:-1], np.intp)
    if y_pred.shape[-1] == 1:
        return np.greater(y_pred[..., 0], 0.5, out=out, casting="unsafe")
    return np.argmax(y_pred, axis=-1, out=out)


def true_classes(y_true: np.ndarray, y_pred: np.ndarray, memory: Memory) -> np.ndarray:
    """Class numbers of integer labels, or of one-hot rows as wide as y_pred."""
    if y_true.ndim < y_pred.ndim:
        return y_true
    if y_true.shape[-1] == 1:
        return y_true[..., 0]
    return np.argmax(y_true, axis=-1, out=memory.empty("true", y_true.shape[:-1], np.intp))
