"""glorot_uniform: uniform values whose spread keeps the variance of activations and of gradients through a layer."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.initializer import Initializer
from dlcli.initializers.variance_scaling import VarianceScaling


@dataclass(frozen=True, kw_only=True)
class GlorotUniform(Initializer):
    """Uniform in [-limit, limit] with limit = sqrt(6 / (fan_in + fan_out)). Keras' default for kernels.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010.
    """

    examples: ClassVar = (Example(),)

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Values of `shape`, drawn from `rng`."""
        return VarianceScaling(scale=1.0, mode="fan_avg", distribution="uniform").draw(shape, rng)
