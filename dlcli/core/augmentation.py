"""The contract of augmentations: training samples are changed at random, so that a model sees more than there are."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from dlcli.core.component import Component
from dlcli.core.fields import AsTuple, Float
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.errors import ShapeError

Bounds = Float | Annotated[tuple[Float, Float], AsTuple]
"""A size f, which stands for anything from -f to f, or the two bounds themselves."""


@dataclass(frozen=True, kw_only=True)
class Augmentation(Component):
    """A random change of training samples, as they come from preprocessing; others stay as they are.

    It learns nothing, and keeps the shape. What is drawn for a batch depends on the run's seed, the epoch and the
    number of the batch alone.
    """

    kind: ClassVar[str] = "augmentations"
    mixes: ClassVar[bool] = False
    """Whether targets are mixed too: y then has shares of the classes, (N, K), in the place of class numbers."""

    def check(self, shape: tuple[int, ...], target: Target) -> None:
        """Raises ShapeError where samples of this shape, or such targets, cannot be changed so. Default: any can."""
        return

    @abstractmethod
    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """Changes x: (N, *shape), floating point, in place; y: (N, ...) only if it mixes.

        Draws from `rng` alone, and works in `memory`, since it runs at every step.
        """
        raise NotImplementedError


def bounds_of(span: float | tuple[float, float]) -> tuple[float, float]:
    """The bounds that a key of type `Bounds` stands for."""
    return span if isinstance(span, tuple) else (-span, span)


def check_bounds(name: str, span: float | tuple[float, float], *, least: float | None = None) -> None:
    """Raises ValueError where the lower bound is above the upper one, or below `least`."""
    low, high = bounds_of(span)
    if low > high:
        given = "a size of at least 0" if not isinstance(span, tuple) else "the lower bound first"
        raise ValueError(f"{name}: expected {given}; found {span}")
    if least is not None and low < least:
        raise ValueError(f"{name}: expected nothing below {least:g}; found {span}")


def check_picture(augmentation: Augmentation, shape: tuple[int, ...]) -> None:
    """Raises ShapeError unless samples are images (H, W) or (H, W, C)."""
    if len(shape) not in (2, 3):
        raise ShapeError(
            f"{augmentation.type_name()} needs images (H, W) or (H, W, C); samples have shape {shape}",
            hint="take it out, or use a data set of images",
        )


def planes(x: np.ndarray) -> np.ndarray:
    """Images x: (N, H, W) or (N, H, W, C) as (N, H, W, C), without a copy."""
    return x[..., None] if x.ndim == 3 else x


def drawn(
    rng: "np.random.Generator", span: float | tuple[float, float], count: int, memory: Memory, name: str,
) -> np.ndarray:
    """A number between the bounds for each of `count` samples, evenly distributed: float64, in memory of that name."""
    low, high = bounds_of(span)
    values = rng.random(out=memory.empty(name, (count,), np.float64))
    values *= high - low
    values += low
    return values
