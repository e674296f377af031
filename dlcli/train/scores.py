"""Loss and metrics added up over batches."""

from collections.abc import Mapping

import numpy as np

from dlcli.core.memory import Memory
from dlcli.core.metric import Metric, StreamingMetric
from dlcli.core.target import Target
from dlcli.train.places import Places


class Scores:
    """The figures of one pass over a split.

    `loss` is the mean loss with the regularization penalty, as in Keras. The state is a handful of small
    arrays that can be stored in the middle of an epoch. Metrics that are no sums, `SplitMetric`, are left out.
    """

    def __init__(self, metrics: Mapping[str, Metric], target: Target) -> None:
        self.metrics = {name: metric for name, metric in metrics.items() if isinstance(metric, StreamingMetric)}
        self.totals = np.zeros(2)  # sum of losses, terms
        self.states = {name: metric.start(target) for name, metric in self.metrics.items()}
        self._places = Places()
        self._memory = {name: Memory(np.dtype(np.float32)) for name in self.metrics}

    def reset(self) -> None:
        """Back to before the first batch."""
        self.totals[:] = 0
        for state in self.states.values():
            state[...] = 0

    def update(
        self,
        *,
        y_true: np.ndarray,
        y_pred: np.ndarray,
        losses: np.ndarray,
        terms: float,
        passed_over: np.ndarray | None = None,
        penalty: float = 0.0,
    ) -> float:
        """Adds one batch whose losses count for `terms` samples; returns their sum without the penalty.

        Metrics see the places alone that the loss does not pass over.
        """
        total = float(np.add.reduce(losses))
        self.totals[0] += total + penalty * terms
        self.totals[1] += terms
        if self.metrics and terms:
            y_true, y_pred, losses = self._places.that_count(passed_over, y_true, y_pred, losses)
            for name, metric in self.metrics.items():
                metric.update(self.states[name], self._memory[name], y_true=y_true, y_pred=y_pred, losses=losses)
        return total

    def figures(self) -> dict[str, float]:
        """`loss` first, then every metric by name."""
        loss = float(self.totals[0] / self.totals[1]) if self.totals[1] else float("nan")
        return {"loss": loss, **{name: metric.result(self.states[name]) for name, metric in self.metrics.items()}}

    def arrays(self) -> dict[str, np.ndarray]:
        """The state by name, for a checkpoint; `restore` takes it back."""
        return {"totals": self.totals, **{f"metric.{name}": state for name, state in self.states.items()}}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Goes on where `arrays` stopped."""
        for name, array in self.arrays().items():
            array[...] = arrays[name]
