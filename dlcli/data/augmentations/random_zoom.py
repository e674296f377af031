"""random_zoom: images made larger or smaller within their frame."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.augmentation import Augmentation, Bounds, check_bounds, check_picture, drawn, planes
from dlcli.core.component import Example
from dlcli.core.fields import Float
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.kernels.resample import FillMode, Interpolation, affine


@dataclass(frozen=True, kw_only=True)
class RandomZoom(Augmentation):
    """Shows a smaller or a larger part of each image in the same frame.

    x: (N, H, W) or (N, H, W, C) -> y: the same shape. `height_factor` says how much more of the height is shown: 0.2 is
    anything from 20 % less, which makes things larger, to 20 % more; `[-0.3, 0]` only makes them larger. `width_factor`
    (default: as the height, so that nothing is stretched) does so for the width. `fill_mode` (`reflect`) says what
    comes in from outside: `constant` the number `fill_value` (0), `nearest` the edge again, `reflect`
    (d c b a | a b c d), `wrap` the other side; `interpolation` (`bilinear`) how a pixel between others is found, or
    `nearest`. Keras' `RandomZoom`.
    """

    examples: ClassVar = (
        Example({"height_factor": 0.2}, (8, 8)),
        Example({"height_factor": [-0.5, 0.0], "width_factor": 0.1, "fill_mode": "constant"}, (6, 9, 3)),
    )

    height_factor: Bounds
    width_factor: Bounds | None = None
    fill_mode: FillMode = "reflect"
    fill_value: Float = 0.0
    interpolation: Interpolation = "bilinear"

    def __post_init__(self) -> None:
        for name in ("height_factor", "width_factor"):
            if (span := getattr(self, name)) is not None:
                check_bounds(name, span, least=-0.99)

    def check(self, shape: tuple[int, ...], target: Target) -> None:
        """Images only."""
        check_picture(self, shape)

    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """The pixel that comes to a place lies as much farther from the middle as more is shown."""
        matrix = memory.empty("matrix", (len(x), 2, 2), np.float64)
        matrix.fill(0)
        height = drawn(rng, self.height_factor, len(x), memory, "height")
        np.add(height, 1, out=matrix[:, 0, 0])
        width = height if self.width_factor is None else drawn(rng, self.width_factor, len(x), memory, "width")
        np.add(width, 1, out=matrix[:, 1, 1])
        affine(
            planes(x), matrix, fill_mode=self.fill_mode, fill_value=self.fill_value, interpolation=self.interpolation,
            memory=memory,
        )
