"""Loss, metrics and predictions of a model over a whole split."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite, isinf

import numpy as np

from dlcli.core.loss import Loss
from dlcli.core.metric import Metric
from dlcli.core.split_metric import SplitMetric
from dlcli.core.target import Target
from dlcli.data.batches import Batches
from dlcli.model import Model, Pass
from dlcli.train.lane_count import lanes_forward
from dlcli.train.lane_pool import LanePool
from dlcli.train.lanes import loss_context
from dlcli.train.places import Places
from dlcli.train.scores import Scores


@dataclass(frozen=True)
class Evaluation:
    """`figures`: loss and metrics; `undefined` says of each that is not finite why that is so.

    `losses`: (N,), and `counts`: (N,) bool, False for samples of which the loss passes over everything. `y_true`,
    `y_pred`: one row a sample, empty unless kept.
    """

    figures: dict[str, float]
    undefined: dict[str, str]
    y_true: np.ndarray
    y_pred: np.ndarray
    losses: np.ndarray
    counts: np.ndarray


class _Lane:
    """A piece of every batch: a pass and a loss context of its own, and what they made of the piece."""

    def __init__(self, model: Model, loss: Loss, theta: np.ndarray, buffers: np.ndarray) -> None:
        self._loss = loss
        self._pass = Pass(model, theta, buffers)
        self.ctx = loss_context(model, self._pass.flow)
        self.y = self.losses = np.empty(0)

    def run(self, x: np.ndarray, y: np.ndarray) -> None:
        """Fills `losses` and `ctx`."""
        self.y = y
        self.losses = self._loss.forward(self.ctx, self._pass.forward(x), y)


class Evaluator:
    """Evaluates again and again with the same memory, such as after every epoch.

    Batches are cut into lanes where that pays, so many as the work and the kernels say; `threads` changes no bit.
    """

    def __init__(
        self,
        model: Model,
        loss: Loss,
        metrics: Mapping[str, Metric],
        target: Target,
        theta: np.ndarray,
        buffers: np.ndarray,
        *,
        threads: int = 1,
    ) -> None:
        self._model = model
        self._lane = partial(_Lane, model, loss, theta, buffers)
        self._lanes: list[_Lane] = []
        self._threads = threads
        self._metrics = metrics
        self._split_metrics = {name: m for name, m in metrics.items() if isinstance(m, SplitMetric)}
        self._scores = Scores(metrics, target)
        self._places = Places()

    def run(
        self, batches: Batches, *, penalty: float = 0.0, keep: bool = False,
        watch: Callable[[np.ndarray, np.ndarray], object] | None = None,
    ) -> Evaluation:
        """One pass over all samples of `batches`, in order; `keep` also returns what was predicted for each.

        `watch` is called with the targets and the predictions of one piece after the other, those places of them that
        count, where any does; they change with the next piece.
        """
        self._scores.reset()
        kept: list[tuple[np.ndarray, ...]] = []
        costs: list[tuple[np.ndarray, ...]] = []
        judged: list[tuple[np.ndarray, ...]] = []
        for lane in self._pieces(batches):
            y, losses, passed, predictions = lane.y, lane.losses, lane.ctx.passed_over, lane.ctx.predictions
            self._scores.update(
                y_true=y, y_pred=predictions, losses=losses, terms=lane.ctx.terms, passed_over=passed, penalty=penalty,
            )
            if watch is not None or self._split_metrics:
                true, predicted, _ = self._places.that_count(passed, y, predictions, losses)
            if watch is not None and len(true):
                watch(true, predicted)
            if self._split_metrics:
                judged.append((true.copy(), predicted.copy()))
            if keep:
                kept.append((y.copy(), predictions.copy()))
            counts = np.ones(len(y), bool) if passed is None else ~passed.reshape(len(y), -1).all(axis=1)
            costs.append((losses.copy(), counts))
        found = self._scores.figures()
        for name, metric in self._split_metrics.items():
            found[name] = metric.compute(*_joined(_in_rows(judged), 2))
        figures = {name: found[name] for name in ("loss", *self._metrics)}
        return Evaluation(figures, _undefined(figures, self._metrics), *_joined(kept, 2), *_joined(costs, 2))

    def _pieces(self, batches: Batches) -> Iterator[_Lane]:
        """Each piece of each batch, in order, once it has run; valid until the next one is asked for."""
        count = lanes_forward(self._model, batches.batch_size)
        self._lanes += [self._lane() for _ in range(count - len(self._lanes))]
        pool = LanePool(count, threads=self._threads, whole_batch=False)
        try:
            with batches.feed(batches.split.rows) as feed:
                for x, y in feed:
                    pool.run(len(x), lambda number, piece: self._lanes[number].run(x[piece], y[piece]))  # noqa: B023
                    yield from self._lanes[:pool.active(len(x))]
        finally:
            pool.close()


def judged_at_once(metrics: Mapping[str, Metric], target: Target, outcome: Evaluation) -> Evaluation:
    """The same with those of `metrics` too that it lacks; predictions were kept: of one class, or numbers, a sample."""
    metrics = {name: metric for name, metric in metrics.items() if name not in outcome.figures}
    counts = slice(None) if outcome.counts.all() else outcome.counts
    y_true, y_pred, losses = outcome.y_true[counts], outcome.y_pred[counts], outcome.losses[counts]
    scores = Scores(metrics, target)
    scores.update(y_true=y_true, y_pred=y_pred, losses=losses, terms=len(losses))
    found = scores.figures()
    for name, metric in metrics.items():
        if isinstance(metric, SplitMetric):
            found[name] = metric.compute(y_true, y_pred)
    more = {name: found[name] for name in metrics}
    return replace(
        outcome, figures={**outcome.figures, **more}, undefined={**outcome.undefined, **_undefined(more, metrics)},
    )


def _undefined(figures: Mapping[str, float], metrics: Mapping[str, Metric]) -> dict[str, str]:
    """Why a figure is not finite, of those that are not."""
    reasons = {name: metric.undefined for name, metric in metrics.items()}
    return {
        name: "it is beyond all numbers" if isinf(figure) else reasons.get(name, "the model's outputs are not finite")
        for name, figure in figures.items() if not isfinite(figure)
    }


def _in_rows(batches: Sequence[tuple[np.ndarray, ...]]) -> Sequence[tuple[np.ndarray, ...]]:
    """The same with one axis of places in all, where one of them has lost some and so has no axis of steps left."""
    axes = [predicted.ndim for _, predicted in batches]
    if len(set(axes)) < 2:
        return batches
    most = max(axes) - min(axes)
    return [
        (true, predicted) if predicted.ndim == min(axes) else
        (true.reshape(-1, *true.shape[1 + most:]), predicted.reshape(-1, *predicted.shape[1 + most:]))
        for true, predicted in batches
    ]


def _joined(batches: Sequence[tuple[np.ndarray, ...]], columns: int) -> list[np.ndarray]:
    """The columns of all batches, each in one array."""
    return [np.concatenate(column) for column in zip(*batches, strict=True)] or [np.empty(0)] * columns
