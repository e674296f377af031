"""random_rotation: images turned around their middle."""

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
class RandomRotation(Augmentation):
    """Turns each image around its middle by an angle of its own.

    x: (N, H, W) or (N, H, W, C) -> y: the same shape. `factor` is the largest angle as a share of a full turn: 0.05 is
    anything from -18 to 18 degrees, `[0, 0.25]` up to a quarter turn, against the clock. `fill_mode` (`reflect`) says
    what comes in from outside: `constant` the number `fill_value` (0), `nearest` the edge again, `reflect`
    (d c b a | a b c d), `wrap` the other side; `interpolation` (`bilinear`) how a pixel between others is found, or
    `nearest`. Keras' `RandomRotation`.
    """

    examples: ClassVar = (
        Example({"factor": 0.05}, (8, 8)),
        Example({"factor": [0.1, 0.3], "fill_mode": "constant", "fill_value": 0.5}, (6, 9, 3)),
        Example({"factor": 0.5, "interpolation": "nearest", "fill_mode": "wrap"}, (5, 5, 1)),
    )

    factor: Bounds
    fill_mode: FillMode = "reflect"
    fill_value: Float = 0.0
    interpolation: Interpolation = "bilinear"

    def __post_init__(self) -> None:
        check_bounds("factor", self.factor)

    def check(self, shape: tuple[int, ...], target: Target) -> None:
        """Images only."""
        check_picture(self, shape)

    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """The pixel that comes to (row, column) lies at that place turned with the clock."""
        angle = drawn(rng, self.factor, len(x), memory, "angle")
        angle *= 2 * np.pi
        matrix = memory.empty("matrix", (len(x), 2, 2), np.float64)
        np.cos(angle, out=matrix[:, 0, 0])
        np.sin(angle, out=matrix[:, 0, 1])
        matrix[:, 1, 1] = matrix[:, 0, 0]
        np.negative(matrix[:, 0, 1], out=matrix[:, 1, 0])
        affine(
            planes(x), matrix, fill_mode=self.fill_mode, fill_value=self.fill_value, interpolation=self.interpolation,
            memory=memory,
        )
