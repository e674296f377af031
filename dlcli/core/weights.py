"""The contract of whatever has weights to train: one model, or two that are trained against each other."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np


class Places(Protocol):
    """Where each parameter, or each buffer, lies in one vector."""

    @property
    def size(self) -> int:
        """Numbers in the vector."""
        ...

    @property
    def trainable(self) -> int:
        """How many of them are trained."""
        ...

    def zeros(self, dtype: str | np.dtype) -> np.ndarray:
        """A new zero vector."""
        ...

    def views(self, vector: np.ndarray) -> Mapping[str, np.ndarray]:
        """Every array by its full name, as a view into `vector`."""
        ...


class Weighted(Protocol):
    """Something with parameters in one vector and buffers in another."""

    @property
    def layout(self) -> Places:
        """Places of the parameters."""
        ...

    @property
    def buffers(self) -> Places:
        """Places of the buffers."""
        ...

    @property
    def dtype(self) -> np.dtype:
        """The floating-point type of both."""
        ...

    def initialize(self, rng: "np.random.Generator") -> tuple[np.ndarray, np.ndarray]:
        """New parameters and buffers, each one vector."""
        ...

    def digest(self, theta: np.ndarray, buffers: np.ndarray) -> str:
        """sha256 over both vectors."""
        ...
