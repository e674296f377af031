"""Loss, metrics and predictions of a model over a whole split."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, isinf

import numpy as np

from dlcli.core.loss import Loss
from dlcli.core.metric import Metric
from dlcli.core.split_metric import SplitMetric
from dlcli.core.target import Target
from dlcli.data.batches import Batches
from dlcli.model import Model, Pass
from dlcli.train.lanes import loss_context
from dlcli.train.scores import Scores


@dataclass(frozen=True)
class Evaluation:
    """`figures`: loss and metrics. `y_true`, `y_pred`, `losses`: one row a sample, empty unless kept.

    `undefined` says of each figure that is not finite why that is so.
    """

    figures: dict[str, float]
    undefined: dict[str, str]
    y_true: np.ndarray
    y_pred: np.ndarray
    losses: np.ndarray


class Evaluator:
    """Evaluates again and again with the same memory, such as after every epoch."""

    def __init__(
        self,
        model: Model,
        loss: Loss,
        metrics: Mapping[str, Metric],
        target: Target,
        theta: np.ndarray,
        buffers: np.ndarray,
    ) -> None:
        self._pass = Pass(model, theta, buffers)
        self._loss = loss
        self._ctx = loss_context(model)
        self._metrics = metrics
        self._split_metrics = {name: m for name, m in metrics.items() if isinstance(m, SplitMetric)}
        self._scores = Scores(metrics, target)

    def run(
        self, batches: Batches, *, penalty: float = 0.0, keep: bool = False,
        watch: Callable[[np.ndarray, np.ndarray], object] | None = None,
    ) -> Evaluation:
        """One pass over all samples of `batches`, in order; `keep` also returns what was predicted for each.

        `watch` is called with the targets and the predictions of each batch, which change with the next.
        """
        self._scores.reset()
        kept: list[tuple[np.ndarray, ...]] = []
        with batches.feed(batches.split.rows) as feed:
            for x, y in feed:
                losses = self._loss.forward(self._ctx, self._pass.forward(x), y)
                self._scores.update(
                    y_true=y, y_pred=self._ctx.predictions, losses=losses, terms=self._loss.terms(self._ctx, y),
                    penalty=penalty,
                )
                if watch is not None:
                    watch(y, self._ctx.predictions)
                if keep or self._split_metrics:
                    kept.append((y.copy(), self._ctx.predictions.copy(), losses.copy()))
        y_true, y_pred, losses = [np.concatenate(column) for column in zip(*kept, strict=True)] or [np.empty(0)] * 3
        found = self._scores.figures()
        for name, metric in self._split_metrics.items():
            found[name] = metric.compute(y_true, y_pred)
        figures = {name: found[name] for name in ("loss", *self._metrics)}
        undefined = {name: self._why(name, figure) for name, figure in figures.items() if not isfinite(figure)}
        return Evaluation(figures, undefined, *((y_true, y_pred, losses) if keep else [np.empty(0)] * 3))

    def _why(self, name: str, figure: float) -> str:
        """Why a figure is not finite."""
        if isinf(figure):
            return "it is beyond all numbers"
        return self._metrics[name].undefined if name in self._metrics else "the model's outputs are not finite"
