"""Several layouts one after the other in one vector."""

from collections.abc import Mapping

import numpy as np

from dlcli.core.memory import aligned_zeros
from dlcli.core.params import Layout


class Joined:
    """Layouts side by side; the parameters of each have its name as a prefix (`generator/dense/kernel`)."""

    def __init__(self, parts: Mapping[str, Layout]) -> None:
        self.parts = dict(parts)
        self._spans: dict[str, slice] = {}
        self.size = 0
        for name, layout in self.parts.items():
            self._spans[name] = slice(self.size, self.size + layout.size)
            self.size += layout.size

    @property
    def trainable(self) -> int:
        """How many numbers are trained."""
        return sum(layout.trainable for layout in self.parts.values())

    def zeros(self, dtype: str | np.dtype) -> np.ndarray:
        """A new zero vector for all parts."""
        return aligned_zeros(self.size, dtype)

    def part(self, name: str, vector: np.ndarray) -> np.ndarray:
        """The piece of `vector` that belongs to one part, a view."""
        return vector[self._spans[name]]

    def views(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        """Every array by its full name, as a view into `vector`."""
        return {
            f"{part}/{name}": view
            for part, layout in self.parts.items()
            for name, view in layout.views(self.part(part, vector)).items()
        }
