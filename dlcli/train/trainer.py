"""Trains one model towards given targets.

A batch goes: batches -> lanes (forward, loss, backward) -> regularization -> clip -> optimizer -> callbacks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from dlcli.core.callback import Callback
from dlcli.core.loss import Loss
from dlcli.core.memory import Memory
from dlcli.core.metric import Metric
from dlcli.core.optimizer import Optimizer
from dlcli.core.params import Regularizer
from dlcli.core.schedule import Schedule
from dlcli.core.streams import Streams
from dlcli.core.target import Target
from dlcli.data.batches import Batches
from dlcli.model import Model
from dlcli.train.evaluation import Evaluator
from dlcli.train.lanes import Lanes
from dlcli.train.loop import Loop
from dlcli.train.scores import Scores
from dlcli.train.settings import Training
from dlcli.train.update import Update


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is trained and how; everything but the data and the state."""

    model: Model
    loss: Loss
    metrics: Mapping[str, Metric]
    target: Target
    optimizer: Optimizer
    schedule: Schedule | None
    regularizer: Regularizer | None
    settings: Training
    threads: int = 1


class Trainer(Loop):
    """Trains a model; a step is one optimizer step on one batch, or on several whose gradients are added up."""

    scores: Scores

    def __init__(
        self,
        recipe: Recipe,
        streams: Streams,
        train: Batches,
        validation: Batches | None,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        model, settings = recipe.model, recipe.settings
        super().__init__(model, settings, streams, train, callbacks, batches_per_step=settings.accumulate)
        self.recipe = recipe
        self.validation = validation
        self.scores = Scores(recipe.metrics, recipe.target)

        self._lanes = Lanes(
            model, recipe.loss, self.theta, self.buffers,
            count=settings.lanes or 1, threads=recipe.threads, streams=streams,
        )
        self._update = Update(
            model.layout, recipe.optimizer, recipe.regularizer, settings, model.dtype, share=self._lanes.share,
            lanes=settings.lanes or 1,
        )
        self.slots = self._update.slots
        self._evaluator = Evaluator(
            model, recipe.loss, recipe.metrics, recipe.target, self.evaluated, self.buffers, threads=recipe.threads,
        )
        self._memory = Memory(model.dtype)
        own = train.split.weights
        self._sample_weight = None if own is None else own.astype(model.dtype)
        self._class_weight = _class_weight(settings.class_weight, recipe.target, model.dtype)

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step, from 0."""
        return self.scheduled(self.recipe.optimizer, self.recipe.schedule, step)

    @property
    def nbytes(self) -> int:
        """Bytes of parameters, gradients, optimizer slots and working memory."""
        held = (self.theta, self.buffers, self._update, self._lanes, self._memory, self.average)
        return sum(part.nbytes for part in held if part is not None)

    def _run_step(self, rows: np.ndarray) -> None:
        """One optimizer step on the samples `rows`, batch by batch where gradients accumulate."""
        settings, grad = self.recipe.settings, self._lanes.grad
        penalty = self._update.penalty(self.theta)
        size, terms = settings.batch_size, 0.0
        accumulated = self._memory.empty("accumulated", grad.shape) if len(rows) > size else None
        for start in range(0, len(rows), size):
            x, y = next(self._feed)
            for lane in self._lanes.run(x, y, self._weight(y, rows[start:start + size], len(rows))):
                terms += lane.terms
                total = self.scores.update(
                    y_true=lane.y_true, y_pred=lane.y_pred, losses=lane.losses, terms=lane.terms,
                    passed_over=lane.passed_over, penalty=penalty,
                )
                if not isfinite(total):
                    raise self._diverged(total)
            self.batch += 1
            self.samples += len(x)
            if accumulated is not None and start == 0:
                accumulated[:] = grad
            elif accumulated is not None:
                accumulated += grad
            if accumulated is not None and start + size < len(rows):
                self._tell_batch()
        if accumulated is not None:
            grad[:] = accumulated
        if 0 < terms < len(rows):  # what counts is known only now: until here every sample counted in full
            grad *= len(rows) / terms
        self.step += 1
        self._update.apply(self.theta, grad, lr=self.learning_rate(self.step - 1), step=self.step)
        self._tell_batch()

    def _weight(self, y: np.ndarray, rows: np.ndarray, samples: int) -> float | np.ndarray:
        """What each loss counts for: its share of the samples of a step, times the weights of its class and its row."""
        if self._class_weight is None and self._sample_weight is None:
            return 1.0 / samples
        weight = self._memory.empty("weight", (len(y),))
        weight.fill(1)
        if self._class_weight is not None:
            labels = y if y.ndim == 1 else y.argmax(axis=-1)
            np.take(self._class_weight, labels, out=weight, mode="clip")
        if self._sample_weight is not None:
            weight *= np.take(self._sample_weight, rows, out=self._memory.empty("own", weight.shape), mode="clip")
        weight /= samples
        return weight

    def _epoch_figures(self) -> dict[str, float]:
        """Loss and metrics, each followed by its twin on the validation split; a SplitMetric has that one alone."""
        train = self.figures()
        if self.validation is None:
            return train
        penalty = self._update.penalty(self.evaluated)
        validation = self._evaluator.run(self.validation, penalty=penalty).figures
        row: dict[str, float] = {}
        for name, figure in validation.items():
            row |= {name: train[name]} if name in train else {}
            row[f"val_{name}"] = figure
        return row

    def _close(self) -> None:
        self._lanes.close()


def _class_weight(weights: Mapping[str, float] | None, target: Target, dtype: np.dtype) -> np.ndarray | None:
    if weights is None:
        return None
    return np.array([weights.get(label, 1.0) for label in target.labels], dtype)
