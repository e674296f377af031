"""random_flip: images mirrored, each with an even chance."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from dlcli.core.augmentation import Augmentation, check_picture, planes
from dlcli.core.component import Example
from dlcli.core.memory import Memory
from dlcli.core.target import Target


@dataclass(frozen=True, kw_only=True)
class RandomFlip(Augmentation):
    """Mirrors half of the images, left to right, upside down, or both, each by a draw of its own.

    x: (N, H, W) or (N, H, W, C) -> y: the same shape. `mode` is `horizontal`, `vertical` or `horizontal_and_vertical`
    (default). Not for what reads in one direction only: a mirrored 6 is no 6. Keras' `RandomFlip`.
    """

    examples: ClassVar = (
        Example({"mode": "horizontal"}, (4, 6)),
        Example({}, (5, 4, 3)),
        Example({"mode": "vertical"}, (5, 3, 1)),
    )

    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal_and_vertical"

    def check(self, shape: tuple[int, ...], target: Target) -> None:
        """Images only."""
        check_picture(self, shape)

    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """Mirrors those that were drawn."""
        mirrored = memory.empty("mirrored", x.shape)
        for mode, turned in (("horizontal", np.s_[:, :, ::-1]), ("vertical", np.s_[:, ::-1])):
            if mode not in self.mode:
                continue
            drawn = rng.random(out=memory.empty("drawn", (len(x),), np.float64))
            chosen = np.less(drawn, 0.5, out=memory.empty("chosen", drawn.shape, bool))
            np.copyto(mirrored, x[turned])
            np.copyto(planes(x), planes(mirrored), where=chosen[:, None, None, None])
