"""gaussian_noise: a little of chance added to every number."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.augmentation import Augmentation
from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat
from dlcli.core.memory import Memory


@dataclass(frozen=True, kw_only=True)
class GaussianNoise(Augmentation):
    """Adds to every number of every sample a draw from a normal distribution of mean 0.

    x: (N, ...) -> y: (N, ...). `stddev` is the standard deviation, in the scale that preprocessing gives: 0.1 is much
    for pixels from 0 to 1, and nothing for those up to 255. Keras' `GaussianNoise`; the layer of that name does the
    same inside of a model.
    """

    examples: ClassVar = (Example({"stddev": 0.1}, (4,)), Example({"stddev": 0.5}, (4, 5, 3)))

    stddev: PositiveFloat

    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """Draws in the dtype of x."""
        noise = rng.standard_normal(out=memory.empty("noise", x.shape), dtype=x.dtype.type)
        noise *= self.stddev
        x += noise
