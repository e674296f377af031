"""What every training loop does: epochs, steps, signals, callbacks, a row of history an epoch.

What one step is, and which figures an epoch has, is said by those who build on it. The loop knows no YAML, no path
and no terminal; who wants to know of its progress is a callback.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import ceil
from typing import Any, Protocol

import numpy as np

from dlcli.core.callback import Callback
from dlcli.core.optimizer import Optimizer
from dlcli.core.schedule import Schedule
from dlcli.core.streams import Streams
from dlcli.core.weights import Weighted
from dlcli.data.batches import Batch, Batches
from dlcli.errors import DivergedError
from dlcli.train.average import Average
from dlcli.train.lane_pool import QUIET
from dlcli.train.settings import Training


class Figures(Protocol):
    """What is added up over the batches of an epoch; small arrays that a checkpoint can hold."""

    def figures(self) -> dict[str, float]:
        """By name, over the epoch so far."""
        ...

    def reset(self) -> None:
        """Back to before the first batch."""
        ...

    def arrays(self) -> dict[str, np.ndarray]:
        """The state by name."""
        ...

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Goes on where `arrays` stopped."""
        ...


class Loop(ABC):
    """Trains something with weights; its whole state can be taken out and put back between any two steps.

    `theta` and `buffers` are trained in place and never rebound; `slots` holds what optimizers keep, `average` the
    moving average of theta where one is kept. `signal` may be set from a signal handler: the loop then ends after the
    step at hand. Progress is told as `core.callback.Progress` says.
    """

    slots: dict[str, np.ndarray]
    scores: Figures

    def __init__(
        self,
        model: Weighted,
        settings: Training,
        streams: Streams,
        train: Batches,
        callbacks: Sequence[Callback],
        *,
        batches_per_step: int,
    ) -> None:
        self.model = model
        self.settings = settings
        self.streams = streams
        self.train = train
        self.callbacks = tuple(callbacks)
        self.theta, self.buffers = model.initialize(streams.fresh("init"))

        self.batches = len(train)
        self.batches_per_step = batches_per_step
        self.steps_per_epoch = ceil(self.batches / batches_per_step)
        self.total_steps = settings.steps or (settings.epochs or 1) * self.steps_per_epoch
        self.epochs = ceil(self.total_steps / self.steps_per_epoch)
        self.epoch = self.step = self.batch = self.samples = 0
        self.seconds = 0.0
        self.signal: int | None = None
        self.stop_reason: str | None = None
        self.rate_factor = 1.0
        self._states: dict[str, Any] | None = None
        self._feed: Iterator[Batch] = iter(())
        self.average = None
        if settings.ema is not None:
            self.average = Average(model.layout.zeros(model.dtype), settings.ema.momentum)
        self._batch_callbacks = [c for c in callbacks if type(c).on_batch_end is not Callback.on_batch_end]

    def run(self) -> None:
        """Trains to the last step, to a callback's `stop_reason`, or to a signal.

        Raises DivergedError where the loss is no longer a finite number; the state is then that of a step half done,
        and callbacks are told of the failure alone.
        """
        if self.average is not None and self.step == 0:
            self.average.follow(self.theta, step=0)
        self._tell("on_train_begin")
        try:
            # An overflow is found in the loss, with the place where it happened; NumPy's warning says less.
            with np.errstate(**QUIET):
                while self.step < self.total_steps and self.stop_reason is None and self.signal is None:
                    self._run_epoch()
        except BaseException:
            self._tell("on_failure")
            raise
        finally:
            self._close()
        self._tell("on_train_end")

    def figures(self) -> dict[str, float]:
        """The figures of the epoch so far."""
        return self.scores.figures()

    def callback_states(self) -> dict[str, Any]:
        """What a checkpoint keeps of the callbacks, by the name of their class."""
        if self._states is not None:
            return self._states
        return {type(c).__name__: state for c in self.callbacks if (state := c.state())}

    @property
    def evaluated(self) -> np.ndarray:
        """The parameters that evaluation and prediction use: the average where one is kept, else theta."""
        return self.theta if self.average is None else self.average.values

    def scheduled(self, optimizer: Optimizer, schedule: Schedule | None, step: int) -> float:
        """The learning rate of a step, from 0, times what callbacks made of it."""
        base = optimizer.learning_rate
        rate = base if schedule is None else schedule.rate(step, base=base, total=self.total_steps)
        return rate * self.rate_factor

    @abstractmethod
    def learning_rate(self, step: int) -> float:
        """The learning rate of a step, from 0."""

    @abstractmethod
    def _run_step(self, rows: np.ndarray) -> None:
        """One step on the samples `rows`, the next batches of `_feed`.

        Counts batches, samples and the step, and tells of every batch.
        """

    @abstractmethod
    def _close(self) -> None:
        """Ends what was started, such as threads."""

    def _epoch_figures(self) -> dict[str, float]:
        """The figures of a finished epoch, in the order of the columns of history.csv."""
        return self.figures()

    def _run_epoch(self) -> None:
        settings = self.settings
        order = self.train.order(self.streams, self.epoch, shuffle=settings.shuffle)
        started = time.monotonic() - self.seconds
        self._tell("on_epoch_begin")
        group = self.batches_per_step * settings.batch_size
        draws = partial(self.streams.fresh, "augmentation", self.epoch)
        with self.train.feed(order[self.samples:], draws, first=self.batch) as self._feed:
            while self.samples < len(order) and self.step < self.total_steps:
                if self.signal is not None:
                    self.seconds = time.monotonic() - started
                    return
                self._run_step(order[self.samples:self.samples + group])
                if self.average is not None:
                    self.average.follow(self.theta, step=self.step)
        self.seconds = time.monotonic() - started
        self._end_epoch()

    def _end_epoch(self) -> None:
        """Makes the row of history.csv, tells the callbacks, and starts counting anew."""
        row: dict[str, Any] = {"epoch": self.epoch + 1, "step": self.step, **self._epoch_figures()}
        row["learning_rate"] = self.learning_rate(self.step - 1)
        row["seconds"] = round(self.seconds, 3)
        if not np.isfinite(self.theta).all():
            raise self._diverged(float("nan"))
        if self.batch == self.batches:
            self.epoch += 1
            self.batch = self.samples = 0
            self.seconds = 0.0
            self.scores.reset()
        else:  # the last step lies within an epoch: a longer training would go on from here, its callbacks as they are
            self._states = self.callback_states()
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

    def _tell_batch(self) -> None:
        for callback in self._batch_callbacks:
            callback.on_batch_end(self)
