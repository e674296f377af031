"""Analytic against numeric gradients of both nets of a GAN."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlcli.config.build_gan import TRUTH, BuiltGan
from dlcli.core.context import Context
from dlcli.core.gan_loss import GanLoss
from dlcli.core.loss import Loss
from dlcli.core.target import Target
from dlcli.model import Pass
from dlcli.train.class_scores import ClassScores
from dlcli.train.gan_models import DISCRIMINATOR, GENERATOR
from dlcli.train.gradient_check import Difference, check_model, random_input


def gradcheck_gan(built: BuiltGan, samples: int, rng: "np.random.Generator") -> list[Difference]:
    """The discriminator by its own loss on real and fake; the generator by its loss, through the discriminator."""
    models = built.model
    x = random_input((samples, *models.discriminator.in_shape), rng)
    truth = np.arange(samples) % TRUTH.classes
    labels = np.arange(samples) % models.classes if models.classes else None
    judged = check_model(models.discriminator, _OfClass(built.loss, labels), x, truth, rng)
    inputs = np.empty((samples, *models.generator.in_shape))
    models.write_inputs(rng.standard_normal((samples, models.latent)), labels, inputs)
    made = check_model(models.generator, _Judged(built, labels, rng), inputs, truth, rng)
    named = [(GENERATOR, made), (DISCRIMINATOR, judged)]
    return [replace(d, name=f"{net}/{d.name}") for net, differences in named for d in differences]


@dataclass(frozen=True, init=False)
class _OfClass(Loss):
    """The discriminator's loss as a function of its scores, of which those of the samples' classes count."""

    loss: GanLoss
    labels: np.ndarray | None
    scores: ClassScores

    def __init__(self, loss: GanLoss, labels: np.ndarray | None) -> None:
        for name, value in (("loss", loss), ("labels", labels), ("scores", ClassScores(np.dtype(np.float64)))):
            object.__setattr__(self, name, value)

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """Anything fits: the shapes were planned."""

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """As the loss has it."""
        return self.loss.measure(ctx, self.scores.of(y_pred, self.labels), y_true)

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """Back to all scores."""
        return self.scores.back(self.loss.derive(ctx, weight))


@dataclass(frozen=True, init=False)
class _Judged(Loss):
    """The generator's loss as a function of its samples: a discriminator with new weights stands between."""

    loss: GanLoss
    labels: np.ndarray | None
    scores: ClassScores
    judge: Pass
    draws: "np.random.Generator"
    begun: Any

    def __init__(self, built: BuiltGan, labels: np.ndarray | None, rng: "np.random.Generator") -> None:
        model, draws = built.model.discriminator, np.random.default_rng(int(rng.integers(2**32)))
        theta, buffers = model.initialize(rng)
        theta += 0.1 * rng.standard_normal(theta.shape)
        judge = Pass(model, theta, buffers, rng=draws, training=True, input_gradient=True)
        for name, value in (
            ("loss", built.loss), ("labels", labels), ("scores", ClassScores(model.dtype)),
            ("judge", judge), ("draws", draws), ("begun", draws.bit_generator.state),
        ):
            object.__setattr__(self, name, value)

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """Anything fits: the shapes were planned."""

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """The same draws, such as dropout's, at every call."""
        self.draws.bit_generator.state = self.begun
        ctx.predictions = y_pred
        return self.loss.deceive(ctx, self.scores.of(self.judge.forward(y_pred), self.labels))

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """Back through the discriminator, as far as the samples."""
        assert not isinstance(weight, np.ndarray)
        dx = self.judge.backward(self.scores.back(self.loss.deceive_backward(ctx, weight)))
        assert dx is not None
        return dx
