"""random_translation: images moved up or down and to the sides."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.augmentation import Augmentation, Bounds, check_bounds, check_picture, drawn, planes
from dlcli.core.component import Example
from dlcli.core.fields import Float
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.kernels.resample import FillMode, shift


@dataclass(frozen=True, kw_only=True)
class RandomTranslation(Augmentation):
    """Moves each image by a whole number of pixels, up or down and to the left or to the right.

    x: (N, H, W) or (N, H, W, C) -> y: the same shape. `height_factor` and `width_factor` (default 0.1) say how far, as
    shares of the height and of the width: 0.1 is anything from -0.1 to 0.1, `[0, 0.2]` only down, or only to the right.
    `fill_mode` (`reflect`) says what comes in from outside: `constant` the number `fill_value` (0), `nearest` the edge
    again, `reflect` (d c b a | a b c d), `wrap` the other side. Keras' `RandomTranslation`, but for parts of a pixel,
    which would blur the image.
    """

    examples: ClassVar = (
        Example({"height_factor": 0.2, "width_factor": 0.2}, (10, 10)),
        Example({"height_factor": [0.0, 0.5], "width_factor": 0.0, "fill_mode": "constant"}, (6, 5, 3)),
        Example({"fill_mode": "wrap", "width_factor": 0.5}, (6, 5, 1)),
    )

    height_factor: Bounds = 0.1
    width_factor: Bounds = 0.1
    fill_mode: FillMode = "reflect"
    fill_value: Float = 0.0

    def __post_init__(self) -> None:
        check_bounds("height_factor", self.height_factor)
        check_bounds("width_factor", self.width_factor)

    def check(self, shape: tuple[int, ...], target: Target) -> None:
        """Images only."""
        check_picture(self, shape)

    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """Moves each image by its own draws."""
        down = drawn(rng, self.height_factor, len(x), memory, "down")
        right = drawn(rng, self.width_factor, len(x), memory, "right")
        down *= x.shape[1]
        right *= x.shape[2]
        shift(planes(x), down, right, fill_mode=self.fill_mode, fill_value=self.fill_value, memory=memory)
