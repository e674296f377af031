"""Trains a generator and a discriminator against each other.

A step: `steps` batches of real samples, each with as many fakes, by which the discriminator learns; then the
generator learns from how the discriminator now judges the last fakes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from dlcli.core.callback import Callback
from dlcli.core.gan_loss import GanLoss
from dlcli.core.memory import Memory
from dlcli.core.optimizer import Optimizer
from dlcli.core.params import Regularizer
from dlcli.core.schedule import Schedule
from dlcli.core.streams import Streams
from dlcli.data.batches import Batches
from dlcli.errors import DivergedError
from dlcli.model import Pass
from dlcli.train.class_scores import ClassScores
from dlcli.train.gan_lanes import GanLanes
from dlcli.train.gan_models import DISCRIMINATOR, GENERATOR, GanModels
from dlcli.train.gan_scores import GanScores
from dlcli.train.loop import Loop
from dlcli.train.settings import Training
from dlcli.train.update import Update

PICTURES = 64
"""How many samples a sheet shows, always of the same latents."""
_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class GanRecipe:
    """What is trained and how. `optimizers` has one for each net; `d_steps` batches of the discriminator a step."""

    models: GanModels
    loss: GanLoss
    optimizers: Mapping[str, Optimizer]
    d_steps: int
    schedule: Schedule | None
    regularizer: Regularizer | None
    settings: Training
    threads: int = 1


class GanTrainer(Loop):
    """Trains both nets; `learning_rate` is the generator's."""

    scores: GanScores

    def __init__(
        self, recipe: GanRecipe, streams: Streams, train: Batches, callbacks: Sequence[Callback] = (),
    ) -> None:
        models, settings = recipe.models, recipe.settings
        super().__init__(models, settings, streams, train, callbacks, batches_per_step=recipe.d_steps)
        self.recipe = recipe
        self.models = models
        self._updates = {
            name: Update(model.layout, recipe.optimizers[name], recipe.regularizer, settings, model.dtype)
            for name, model in models.models.items()
        }
        self.slots = {
            f"{net}/{name}": vector for net, update in self._updates.items() for name, vector in update.slots.items()
        }
        self.scores = GanScores()
        self._lanes = GanLanes(
            models, recipe.loss, self.theta, self.buffers,
            count=settings.lanes or 1, threads=recipe.threads, streams=streams,
        )
        self._latent_draws = streams.kept("latent")
        self._memory = Memory(models.dtype)

    def learning_rate(self, step: int) -> float:
        """The generator's learning rate of a step, from 0."""
        return self._rate(GENERATOR, step)

    def pictures(self) -> np.ndarray:
        """Samples of the generator as it is, from latents that never change: (64, *out_shape), class by class."""
        classes = self.models.classes
        latents = self.streams.fresh("pictures").standard_normal((PICTURES, self.models.latent))
        labels = np.arange(PICTURES) * classes // PICTURES if classes else None
        return generated(self.models, self.evaluated, self.buffers, latents, labels)

    @property
    def nbytes(self) -> int:
        """Bytes of parameters, gradients, optimizer slots and working memory."""
        held = (self.theta, self.buffers, self._lanes, self._memory, self.average)
        updates = sum(update.nbytes for update in self._updates.values())
        return updates + sum(part.nbytes for part in held if part is not None)

    def _run_step(self, rows: np.ndarray) -> None:
        size = self.settings.batch_size
        n = 0
        for start in range(0, len(rows), size):
            x, y = next(self._feed)
            n = len(x)
            labels = None
            if self.models.classes:
                labels = y
                if y.ndim > 1:  # one-hot rows
                    labels = y.argmax(axis=-1, out=self._memory.empty("labels", (n,), np.intp))
            penalty = self._updates[DISCRIMINATOR].penalty(self.models.layout.part(DISCRIMINATOR, self.theta))
            sums = self._lanes.tell_apart(x, self._inputs(n, labels), labels)
            self._check(sums["d_loss"])
            self.scores.add_batch(n, **{**sums, "d_loss": sums["d_loss"] + penalty * n})
            self.batch += 1
            self.samples += n
            self._move(DISCRIMINATOR, self.epoch * self.batches + self.batch)
            if start + size < len(rows):
                self._tell_batch()
        penalty = self._updates[GENERATOR].penalty(self.models.layout.part(GENERATOR, self.theta))
        total = self._lanes.deceive(n)
        self._check(total)
        self.scores.add_step(n, total + penalty * n)
        self._move(GENERATOR, self.step + 1)
        self.step += 1
        self._tell_batch()

    def _move(self, net: str, number: int) -> None:
        """The `number`th step of one net."""
        theta, grad = self.models.layout.part(net, self.theta), self._lanes.grads[net]
        self._updates[net].apply(theta, grad, lr=self._rate(net, self.step), step=number)

    def _rate(self, net: str, step: int) -> float:
        return self.scheduled(self.recipe.optimizers[net], self.recipe.schedule, step)

    def _inputs(self, count: int, labels: np.ndarray | None) -> np.ndarray:
        """For the generator: new standard normal numbers, in the same values for every dtype, and the classes."""
        drawn = self._memory.empty("drawn", (count, self.models.latent), np.float64)
        inputs = self._memory.empty("inputs", (count, *self.models.generator.in_shape))
        self.models.write_inputs(self._latent_draws.standard_normal(out=drawn), labels, inputs)
        return inputs

    def _check(self, total: float) -> None:
        if not isfinite(total):
            raise self._diverged(total)

    def _diverged(self, total: float) -> DivergedError:
        error = super()._diverged(total)
        error.hint = (
            "try smaller learning rates for generator and discriminator, or training.gradient_clip_norm: 1.0; "
            "optimizer adam with beta_1: 0.5 is usual"
        )
        return error

    def _close(self) -> None:
        self._lanes.close()


def generated(
    models: GanModels, theta: np.ndarray, buffers: np.ndarray, latents: np.ndarray, labels: np.ndarray | None = None,
) -> np.ndarray:
    """What the generator makes of latents: (N, latent), as outside of training: (N, *out_shape).

    `labels`: (N,), class numbers, where the models have classes.
    """
    inputs = np.empty((len(latents), *models.generator.in_shape), models.dtype)
    models.write_inputs(latents, labels, inputs)
    return _through(models, GENERATOR, theta, buffers, inputs)


def scores(
    models: GanModels, theta: np.ndarray, buffers: np.ndarray, samples: np.ndarray, labels: np.ndarray | None = None,
) -> np.ndarray:
    """How real the discriminator takes samples: (N, *out_shape) of these classes to be: (N,), the higher the more."""
    z = _through(models, DISCRIMINATOR, theta, buffers, samples)
    return ClassScores(models.dtype).of(z, labels).reshape(-1)


def _through(models: GanModels, net: str, theta: np.ndarray, buffers: np.ndarray, x: np.ndarray) -> np.ndarray:
    through = Pass(models.models[net], models.layout.part(net, theta), models.buffers.part(net, buffers))
    return np.concatenate([through.predict(x[i:i + _AT_ONCE]).copy() for i in range(0, len(x), _AT_ONCE)])
