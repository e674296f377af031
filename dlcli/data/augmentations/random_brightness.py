"""random_brightness: images made lighter or darker."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.augmentation import Augmentation, Bounds, check_bounds, check_picture, drawn, planes
from dlcli.core.component import Example
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.data.augmentations._light import ValueRange, check_range, check_within, keep_within


@dataclass(frozen=True, kw_only=True)
class RandomBrightness(Augmentation):
    """Adds a number of its own to all values of each image, and clips what leaves the range of values.

    x: (N, H, W) or (N, H, W, C) -> y: the same shape. `factor` is the largest change as a share of the range: 0.2 is
    anything from -0.2 to 0.2, `[0, 0.3]` only makes lighter. `value_range` (default `[0, 1]`, to which
    `{type: rescale, scale: 1/255}` brings pixels; Keras has `[0, 255]`) are the least and the largest value; an error
    says where samples have others. With `null` nothing is clipped, and the range counts as 1.
    Keras' `RandomBrightness`.
    """

    examples: ClassVar = (
        Example({"factor": 0.2, "value_range": [0, 255]}, (4, 5)),
        Example({"factor": [0.0, 0.5], "value_range": None}, (4, 5, 3)),
    )

    factor: Bounds
    value_range: ValueRange | None = (0.0, 1.0)

    def __post_init__(self) -> None:
        check_bounds("factor", self.factor)
        check_range(self.value_range)

    def check(self, shape: tuple[int, ...], target: Target) -> None:
        """Images only."""
        check_picture(self, shape)

    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """x + factor (high - low), clipped. Raises DataError where x leaves the range."""
        check_within(self, x, self.value_range)
        low, high = self.value_range or (0.0, 1.0)
        more = drawn(rng, self.factor, len(x), memory, "more")
        more *= high - low
        brighter = planes(x)
        np.add(brighter, more[:, None, None, None], out=brighter, casting="same_kind")
        keep_within(x, self.value_range)
