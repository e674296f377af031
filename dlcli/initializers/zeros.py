"""zeros: all values are 0."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.initializer import Initializer


@dataclass(frozen=True, kw_only=True)
class Zeros(Initializer):
    """Every value is 0: the usual start of a bias."""

    examples: ClassVar = (Example(),)

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Zeros of `shape`; draws nothing."""
        return np.zeros(shape)
