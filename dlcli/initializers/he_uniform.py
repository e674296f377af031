"""he_uniform: uniform values whose spread keeps the variance of activations through relu."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.initializer import Initializer
from dlcli.initializers.variance_scaling import VarianceScaling


@dataclass(frozen=True, kw_only=True)
class HeUniform(Initializer):
    """Uniform in [-limit, limit] with limit = sqrt(6 / fan_in). Made for relu.

    Source: He et al., "Delving deep into rectifiers", ICCV 2015.
    """

    examples: ClassVar = (Example(),)

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Values of `shape`, drawn from `rng`."""
        return VarianceScaling(scale=2.0, mode="fan_in", distribution="uniform").draw(shape, rng)
