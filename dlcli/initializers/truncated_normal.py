"""truncated_normal: normal values without the far ones."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import Float, NonNegativeFloat
from dlcli.core.initializer import Initializer


@dataclass(frozen=True, kw_only=True)
class TruncatedNormal(Initializer):
    """Normal values with `mean` and `stddev`; what lies over two standard deviations away is drawn again.

    The standard deviation of what is left is 0.88 of `stddev`.
    """

    examples: ClassVar = (Example(), Example({"mean": 1.0, "stddev": 0.1}))

    mean: Float = 0.0
    stddev: NonNegativeFloat = 0.05

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Values of `shape`, drawn from `rng`."""
        values = np.asarray(rng.standard_normal(shape))
        while (far := np.abs(values) > 2).any():
            values[far] = rng.standard_normal(np.count_nonzero(far))
        return values * self.stddev + self.mean
