"""ones: all values are 1."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.initializer import Initializer


@dataclass(frozen=True, kw_only=True)
class Ones(Initializer):
    """Every value is 1: the usual start of the scale of a normalisation."""

    examples: ClassVar = (Example(),)

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Ones of `shape`; draws nothing."""
        return np.ones(shape)
