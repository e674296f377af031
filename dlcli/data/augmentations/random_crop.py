"""random_crop: a part of each image that is as large as the image, after a margin was put around it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.augmentation import Augmentation, check_picture, planes
from dlcli.core.component import Example
from dlcli.core.fields import Float, PositiveInt
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.kernels.resample import FillMode, shift


@dataclass(frozen=True, kw_only=True)
class RandomCrop(Augmentation):
    """Puts `padding` pixels around an image, and cuts one of its size out of that, anywhere: what it shows is moved.

    x: (N, H, W) or (N, H, W, C) -> y: the same shape. `padding` (default 4) is what is usual for images of 32 x 32.
    `fill_mode` (`constant`) says what the margin shows: `constant` the number `fill_value` (0), `nearest` the edge
    again, `reflect` (d c b a | a b c d), `wrap` the other side. Keras' `RandomCrop` cuts a smaller image out, which
    would not fit the model outside of training; this one keeps the size, as is usual with CIFAR-10.
    """

    examples: ClassVar = (
        Example({"padding": 2}, (6, 5)),
        Example({"padding": 3, "fill_mode": "reflect"}, (8, 8, 3)),
    )

    padding: PositiveInt = 4
    fill_mode: FillMode = "constant"
    fill_value: Float = 0.0

    def check(self, shape: tuple[int, ...], target: Target) -> None:
        """Images only."""
        check_picture(self, shape)

    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """Each of the (2 padding + 1)^2 places is as likely as any other."""
        moves = rng.random(out=memory.empty("moves", (2, len(x)), np.float64))
        moves *= 2 * self.padding + 1
        np.floor(moves, out=moves)
        moves -= self.padding
        shift(
            planes(x), moves[0], moves[1], fill_mode=self.fill_mode, fill_value=self.fill_value, memory=memory,
        )
