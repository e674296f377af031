"""random_contrast: images whose light and dark lie farther apart, or closer together."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.augmentation import Augmentation, Bounds, check_bounds, check_picture, drawn, planes
from dlcli.core.component import Example
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.data.augmentations._light import ValueRange, check_range, check_within, keep_within


@dataclass(frozen=True, kw_only=True)
class RandomContrast(Augmentation):
    """y = (1 + c) (x - mean) + mean, with a c of its own for each image and the mean of each of its channels.

    x: (N, H, W) or (N, H, W, C) -> y: the same shape. `factor` is the largest c: 0.2 is anything from -0.2 to 0.2,
    `[0, 0.5]` only more contrast, -1 makes an image of one colour. `value_range` (default `[0, 1]`, to which
    `{type: rescale, scale: 1/255}` brings pixels; Keras has `[0, 255]`) are the least and the largest value, to which
    y is clipped; an error says where samples have others. With `null` nothing is clipped. Keras' `RandomContrast`.
    """

    examples: ClassVar = (
        Example({"factor": 0.2, "value_range": [0, 255]}, (4, 5)),
        Example({"factor": [-0.5, 0.0], "value_range": None}, (4, 5, 3)),
    )

    factor: Bounds
    value_range: ValueRange | None = (0.0, 1.0)

    def __post_init__(self) -> None:
        check_bounds("factor", self.factor, least=-1)
        check_range(self.value_range)

    def check(self, shape: tuple[int, ...], target: Target) -> None:
        """Images only."""
        check_picture(self, shape)

    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """Changes each image by its own draw. Raises DataError where x leaves the range."""
        check_within(self, x, self.value_range)
        times = drawn(rng, self.factor, len(x), memory, "times")
        times += 1
        image = planes(x)
        mean = np.mean(
            image, axis=(1, 2), keepdims=True, out=memory.empty("mean", (len(x), 1, 1, image.shape[3])),
        )
        image -= mean
        np.multiply(image, times[:, None, None, None], out=image, casting="same_kind")
        image += mean
        keep_within(x, self.value_range)
