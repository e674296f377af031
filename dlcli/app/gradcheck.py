"""Analytic against numeric gradients of the very model that a configuration describes."""

import numpy as np

from dlcli.app import loading
from dlcli.app.configure import Configured
from dlcli.app.gradcheck_gan import gradcheck_gan
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config.build_any import AnyBuilt, build_any
from dlcli.config.build_gan import BuiltGan
from dlcli.core.streams import Streams
from dlcli.train.gradient_check import Difference, check_model, ids_below, random_input

SAMPLES = 4


def gradcheck(configured: Configured, surroundings: Surroundings, ui: Ui) -> tuple[AnyBuilt, list[Difference]]:
    """Checks the model in float64 on random samples; one comparison a parameter and one for the input.

    Raises ConfigError where only data that is not there could tell the shape of a sample.
    """
    spec = loading.known(configured, surroundings, ui)
    built = build_any(configured.config, spec, configured.source, dtype="float64")
    rng = Streams(configured.config.seed).fresh("gradcheck")
    if isinstance(built, BuiltGan):
        return built, gradcheck_gan(built, SAMPLES, rng)
    x = random_input((SAMPLES, *built.model.in_shape), rng, integers=ids_below(built.model))
    target = built.spec.target
    y: np.ndarray
    if target.kind == "classes":
        y = rng.integers(0, target.classes, (SAMPLES, *target.shape))
    else:
        # Zeros and positive numbers up to 1: what losses of probabilities, labels, counts and amounts all take.
        y = np.maximum(rng.uniform(-1, 1, (SAMPLES, *target.shape)), 0)
    return built, check_model(built.model, built.loss, x, y, rng)
