"""random_uniform: values that are equally likely within bounds."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import Float
from dlcli.core.initializer import Initializer


@dataclass(frozen=True, kw_only=True)
class RandomUniform(Initializer):
    """Uniform values from `minval` to below `maxval`."""

    examples: ClassVar = (Example(), Example({"minval": 0.0, "maxval": 1.0}),)

    minval: Float = -0.05
    maxval: Float = 0.05

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Values of `shape`, drawn from `rng`."""
        return self.minval + (self.maxval - self.minval) * rng.random(shape)
