"""The contract of initializers."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Component


@dataclass(frozen=True, kw_only=True)
class Initializer(Component):
    """Draws the first values of a parameter."""

    kind: ClassVar[str] = "initializers"

    def check(self, shape: tuple[int, ...]) -> None:  # most initializers work on any shape
        """Raises ShapeError where it cannot draw values of `shape`."""

    @abstractmethod
    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Values of `shape` in float64; the model casts them, so that dtypes share one stream."""
        raise NotImplementedError


def fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """(fan_in, fan_out) of a kernel, as Keras counts them.

    A vector counts as both; a matrix is (I, O); a convolution kernel is (*window, I, O) and each
    side is multiplied by the window's size.
    """
    if len(shape) < 2:
        size = float(shape[0]) if shape else 1.0
        return size, size
    window = float(np.prod(shape[:-2]))
    return shape[-2] * window, shape[-1] * window
