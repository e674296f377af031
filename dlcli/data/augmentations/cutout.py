"""cutout: a square of each image is blanked out."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.augmentation import Augmentation, check_picture, planes
from dlcli.core.component import Example
from dlcli.core.fields import Float, PositiveInt
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.data.augmentations._boxes import inside


@dataclass(frozen=True, kw_only=True)
class Cutout(Augmentation):
    """Blanks out a square of each image, whose middle may be any pixel, so that parts of it may lie outside.

    x: (N, H, W) or (N, H, W, C) -> y: the same shape. `size` is the length of a side in pixels: 16 for the images of
    CIFAR-10 with its ten classes. `fill_value` (default 0) takes the place of what was there: black, or, behind
    `standardize` or `normalize`, the average.

    Source: T. DeVries, G. W. Taylor, "Improved regularization of convolutional neural networks with cutout", 2017,
    arXiv:1708.04552.
    """

    examples: ClassVar = (Example({"size": 3}, (6, 5)), Example({"size": 4, "fill_value": 0.5}, (8, 8, 3)))

    size: PositiveInt
    fill_value: Float = 0.0

    def check(self, shape: tuple[int, ...], target: Target) -> None:
        """Images only."""
        check_picture(self, shape)

    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """Every pixel is as likely as any other to be the middle."""
        corners = rng.random(out=memory.empty("corners", (2, len(x)), np.float64))
        corners *= np.array([[x.shape[1]], [x.shape[2]]])
        np.floor(corners, out=corners)
        corners -= self.size // 2
        sizes = memory.empty("sizes", (len(x),), np.float64)
        sizes.fill(self.size)
        box = inside(corners[0], sizes, corners[1], sizes, x.shape[1:3], memory)
        np.copyto(planes(x), self.fill_value, where=box)
