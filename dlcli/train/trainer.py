"""The training loop.

A batch goes: batches -> lanes (forward, loss, backward) -> regularization -> clip -> optimizer -> callbacks.
The loop knows no YAML, no path and no terminal; who wants to know of its progress is a callback.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isfinite, sqrt
from typing import Any

import numpy as np

from dlcli.core.callback import Callback
from dlcli.core.loss import Loss
from dlcli.core.memory import Memory, aligned_zeros
from dlcli.core.metric import Metric
from dlcli.core.optimizer import Optimizer
from dlcli.core.params import Regularizer
from dlcli.core.schedule import Schedule
from dlcli.core.streams import Streams
from dlcli.core.target import Target
from dlcli.data.batches import Batches
from dlcli.errors import DivergedError
from dlcli.model import Model
from dlcli.train.evaluation import Evaluator
from dlcli.train.lanes import QUIET, Lanes
from dlcli.train.regularization import Regularization
from dlcli.train.scores import Scores
from dlcli.train.settings import Training


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


class Trainer:
    """Trains a model; its whole state can be taken out and put back between any two steps.

    `theta` and `buffers` are trained in place and never rebound. `signal` may be set from a signal handler:
    the loop then ends after the step at hand. Progress is told as `core.callback.Progress` says.
    """

    def __init__(
        self,
        recipe: Recipe,
        streams: Streams,
        train: Batches,
        validation: Batches | None,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        model, settings = recipe.model, recipe.settings
        self.recipe = recipe
        self.streams = streams
        self.train = train
        self.validation = validation
        self.callbacks = tuple(callbacks)
        self.theta, self.buffers = model.initialize(streams.fresh("init"))
        self.slots = {name: aligned_zeros(model.layout.trainable, model.dtype) for name in recipe.optimizer.slots()}
        self.scores = Scores(recipe.metrics, recipe.target)

        self.batches = len(train)
        self.steps_per_epoch = ceil(self.batches / settings.accumulate)
        self.total_steps = settings.steps or (settings.epochs or 1) * self.steps_per_epoch
        self.epochs = ceil(self.total_steps / self.steps_per_epoch)
        self.epoch = self.step = self.batch = self.samples = 0
        self.seconds = 0.0
        self.signal: int | None = None
        self.stop_reason: str | None = None

        self._lanes = Lanes(
            model, recipe.loss, self.theta, self.buffers,
            count=settings.lanes or 1, threads=recipe.threads, streams=streams,
        )
        self._evaluator = Evaluator(model, recipe.loss, recipe.metrics, recipe.target, self.theta, self.buffers)
        self._regularization = Regularization(model.layout, recipe.regularizer, model.dtype)
        self._memory = Memory(model.dtype)
        self._class_weight = _class_weight(settings.class_weight, recipe.target, model.dtype)
        self._batch_callbacks = [c for c in callbacks if type(c).on_batch_end is not Callback.on_batch_end]

    def run(self) -> None:
        """Trains to the last step, to a callback's `stop_reason`, or to a signal.

        Raises DivergedError where the loss is no longer a finite number; the state is then that of a step half done,
        and callbacks are told nothing more.
        """
        self._tell("on_train_begin")
        try:
            # An overflow is found in the loss, with the place where it happened; NumPy's warning says less.
            with np.errstate(**QUIET):
                while self.step < self.total_steps and self.stop_reason is None and self.signal is None:
                    self._run_epoch()
        finally:
            self._lanes.close()
        self._tell("on_train_end")

    def figures(self) -> dict[str, float]:
        """Loss and metrics of the epoch so far."""
        return self.scores.figures()

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step, from 0."""
        base, schedule = self.recipe.optimizer.learning_rate, self.recipe.schedule
        return base if schedule is None else schedule.rate(step, base=base, total=self.total_steps)

    @property
    def nbytes(self) -> int:
        """Bytes of parameters, gradients, optimizer slots and working memory."""
        held = [self.theta, self.buffers, *self.slots.values()]
        return sum(a.nbytes for a in held) + self._lanes.nbytes + self._memory.nbytes

    def _run_epoch(self) -> None:
        settings = self.recipe.settings
        order = self.train.order(self.streams, self.epoch, shuffle=settings.shuffle)
        started = time.monotonic() - self.seconds
        self._tell("on_epoch_begin")
        group = settings.accumulate * settings.batch_size
        while self.samples < len(order) and self.step < self.total_steps:
            if self.signal is not None:
                self.seconds = time.monotonic() - started
                return
            self._run_step(order[self.samples:self.samples + group])
        self.seconds = time.monotonic() - started
        self._end_epoch()

    def _run_step(self, rows: np.ndarray) -> None:
        """One optimizer step on the samples `rows`, batch by batch where gradients accumulate."""
        settings, grad = self.recipe.settings, self._lanes.grad
        penalty = self._regularization.penalty(self.theta)
        size = settings.batch_size
        accumulated = self._memory.empty("accumulated", grad.shape) if len(rows) > size else None
        for start in range(0, len(rows), size):
            x, y = self.train.take(rows[start:start + size])
            terms = self.recipe.loss.terms(y if accumulated is None else self.train.split.y[rows])
            for lane in self._lanes.run(x, y, self._weight(y, terms)):
                total = self.scores.update(
                    y_true=lane.y_true, y_pred=lane.y_pred, losses=lane.losses,
                    terms=self.recipe.loss.terms(lane.y_true), penalty=penalty,
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
                for callback in self._batch_callbacks:
                    callback.on_batch_end(self)
        if accumulated is not None:
            grad[:] = accumulated
        self._update()
        for callback in self._batch_callbacks:
            callback.on_batch_end(self)

    def _update(self) -> None:
        recipe, grad = self.recipe, self._lanes.grad
        layout = recipe.model.layout
        theta, grad = self.theta[:layout.trainable], grad[:layout.trainable]
        self._regularization.add_gradient(self.theta, grad)
        if recipe.settings.gradient_clip_norm is not None:
            length = sqrt(float(np.dot(grad, grad)))
            if length > recipe.settings.gradient_clip_norm:
                grad *= recipe.settings.gradient_clip_norm / length
        scratch = self._memory.empty("scratch", (recipe.optimizer.scratch, len(theta)))
        rate = self.learning_rate(self.step)
        self.step += 1
        recipe.optimizer.step(theta, grad, self.slots, scratch, lr=rate, step=self.step, decayed=layout.decayed)

    def _weight(self, y: np.ndarray, terms: float) -> float | np.ndarray:
        """What each loss counts for: 1/terms, times the weight of its class."""
        if self._class_weight is None:
            return 1.0 / terms
        labels = y if y.ndim == 1 else y.argmax(axis=-1)
        weight = np.take(self._class_weight, labels, out=self._memory.empty("weight", labels.shape), mode="clip")
        weight /= terms
        return weight

    def _end_epoch(self) -> None:
        """Validates, makes the row of history.csv, tells the callbacks, and starts counting anew."""
        row: dict[str, Any] = {"epoch": self.epoch + 1, "step": self.step}
        train = self.figures()
        validation = {}
        if self.validation is not None:
            penalty = self._regularization.penalty(self.theta)
            validation = self._evaluator.run(self.validation, penalty=penalty).figures
        for name, figure in train.items():
            row[name] = figure
            if validation:
                row[f"val_{name}"] = validation[name]
        row["learning_rate"] = self.learning_rate(self.step - 1)
        row["seconds"] = round(self.seconds, 3)
        if not np.isfinite(self.theta).all():
            raise self._diverged(float("nan"))
        self.epoch += 1
        self.batch = self.samples = 0
        self.seconds = 0.0
        self.scores.reset()
        for callback in self.callbacks:
            callback.on_epoch_end(self, row)

    def _diverged(self, total: float) -> DivergedError:
        return DivergedError(
            f"the loss is {total}: expected a finite number",
            where=f"epoch {self.epoch + 1}, step {self.step + 1}",
            hint="try a smaller optimizer.learning_rate, set training.gradient_clip_norm: 1.0, or scale the inputs "
            "(dataset.preprocessing: [standardize])",
        )

    def _tell(self, event: str) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(self)


def _class_weight(weights: Mapping[str, float] | None, target: Target, dtype: np.dtype) -> np.ndarray | None:
    if weights is None:
        return None
    return np.array([weights.get(label, 1.0) for label in target.labels], dtype)
