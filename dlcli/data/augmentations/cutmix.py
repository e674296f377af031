"""cutmix: a rectangle of each image shows another one, and the target says how much."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.augmentation import Augmentation, check_picture, planes
from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.data.augmentations._boxes import inside
from dlcli.data.augmentations._mixing import check_mixable, mix, partners, shares


@dataclass(frozen=True, kw_only=True)
class Cutmix(Augmentation):
    """Puts a rectangle of another image of the batch in the place of the same part of each image.

    x: (N, H, W) or (N, H, W, C) -> y: the same shape. The share s of the area that stays is drawn from
    Beta(alpha, alpha), `alpha` (default 1) being 1 for all shares alike; the rectangle has the form of the image, its
    middle may be any pixel, and what would lie outside is left out. The target is mixed by the share that really
    stays; it becomes the share of each class, so that the loss must take one output a class, such as
    `categorical_crossentropy`. Keras' `CutMix`.

    Source: S. Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable features",
    2019, arXiv:1905.04899.
    """

    examples: ClassVar = (Example({}, (6, 5)), Example({"alpha": 0.5}, (8, 8, 3)))
    mixes: ClassVar[bool] = True

    alpha: PositiveFloat = 1.0

    def check(self, shape: tuple[int, ...], target: Target) -> None:
        """Images, and no classes for the places of a sequence."""
        check_picture(self, shape)
        check_mixable(self, target)

    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """Images go with those some random number of places later."""
        (H, W), n = x.shape[1:3], len(x)
        side = shares(rng, self.alpha, n, memory)
        np.sqrt(np.subtract(1, side, out=side), out=side)
        size, corner = (memory.empty(name, (2, n), np.float64) for name in ("size", "corner"))
        np.rint(np.multiply(np.array([[H], [W]]), side, out=size), out=size)
        rng.random(out=corner)
        corner *= np.array([[H], [W]])
        corner -= np.multiply(size, 0.5, out=memory.empty("half", (2, n), np.float64))
        np.floor(corner, out=corner)
        steps = int(rng.integers(1, n)) if n > 1 else 0
        box = inside(corner[0], size[0], corner[1], size[1], (H, W), memory)
        np.copyto(planes(x), planes(partners(x, steps, memory, "other x")), where=box)
        if y is not x:  # an autoencoder's target is x itself
            stays = np.mean(box, axis=(1, 2, 3), out=side)
            np.subtract(1, stays, out=stays)
            mix(y, partners(y, steps, memory, "other y"), stays, memory)
