"""constant: all values are the same."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import Float
from dlcli.core.initializer import Initializer


@dataclass(frozen=True, kw_only=True)
class Constant(Initializer):
    """Every value is `value`."""

    examples: ClassVar = (Example(), Example({"value": 0.5}),)

    value: Float = 0.0

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """`value` in `shape`; draws nothing."""
        return np.full(shape, self.value)
