"""random_normal: normal values."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import Float, NonNegativeFloat
from dlcli.core.initializer import Initializer


@dataclass(frozen=True, kw_only=True)
class RandomNormal(Initializer):
    """Normal values with `mean` and `stddev`."""

    examples: ClassVar = (Example(), Example({"mean": 1.0, "stddev": 0.1}),)

    mean: Float = 0.0
    stddev: NonNegativeFloat = 0.05

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Values of `shape`, drawn from `rng`."""
        return rng.normal(self.mean, self.stddev, shape)
