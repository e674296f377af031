"""random_erasing: a rectangle of an image is blanked out, of any size and form."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from dlcli.core.augmentation import Augmentation, check_picture, drawn, planes
from dlcli.core.component import Example
from dlcli.core.fields import AsTuple, Float
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.data.augmentations._boxes import inside

_Share = Annotated[Float, Field(gt=0, le=1)]
_RATIO = np.log(0.3), np.log(1 / 0.3)


@dataclass(frozen=True, kw_only=True)
class RandomErasing(Augmentation):
    """Blanks out a rectangle that lies within the image, of an area and of a form that are drawn.

    x: (N, H, W) or (N, H, W, C) -> y: the same shape. `factor` (default 1) is the share of the images that lose
    anything, `scale` (`[0.02, 0.33]`) bounds the share of the area, and the height is 0.3 to 3.3 times the width.
    `fill_value` (0) takes the place of what was there: black, or, behind `standardize` or `normalize`, the average;
    Keras' `RandomErasing`, otherwise the same, puts noise there by default.

    Source: Z. Zhong et al., "Random erasing data augmentation", 2020, arXiv:1708.04896.
    """

    examples: ClassVar = (
        Example({}, (8, 8)),
        Example({"factor": 0.5, "scale": [0.1, 0.2], "fill_value": 0.5}, (10, 12, 3)),
    )

    factor: _Share = 1.0
    scale: Annotated[tuple[_Share, _Share], AsTuple] = (0.02, 0.33)
    fill_value: Float = 0.0

    def __post_init__(self) -> None:
        if self.scale[0] > self.scale[1]:
            raise ValueError(f"scale: expected the smaller share first; found {list(self.scale)}")

    def check(self, shape: tuple[int, ...], target: Target) -> None:
        """Images only."""
        check_picture(self, shape)

    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """The sides are those of the drawn area and form, as far as the image goes."""
        (H, W), n = x.shape[1:3], len(x)
        area = drawn(rng, self.scale, n, memory, "area")
        area *= H * W
        ratio = drawn(rng, _RATIO, n, memory, "ratio")
        np.exp(ratio, out=ratio)
        height, width = memory.empty("height", (n,), np.float64), memory.empty("width", (n,), np.float64)
        np.sqrt(np.multiply(area, ratio, out=height), out=height)
        np.divide(area, height, out=width)
        corners = []
        for name, extent, size in (("top", height, H), ("left", width, W)):
            np.clip(np.rint(extent, out=extent), 1, size, out=extent)
            corner = drawn(rng, (0.0, 1.0), n, memory, name)
            corner *= np.subtract(size + 1, extent, out=memory.empty("room", (n,), np.float64))
            corners.append(np.floor(corner, out=corner))
        spared = drawn(rng, (0.0, 1.0), n, memory, "spared")
        np.copyto(height, 0, where=np.greater_equal(spared, self.factor, out=memory.empty("is spared", (n,), bool)))
        box = inside(corners[0], height, corners[1], width, (H, W), memory)
        np.copyto(planes(x), self.fill_value, where=box)
