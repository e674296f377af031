"""mixup: two samples laid over each other, and so are their targets."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.augmentation import Augmentation
from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.data.augmentations._mixing import check_mixable, mix, partners, shares


@dataclass(frozen=True, kw_only=True)
class Mixup(Augmentation):
    """y_i = s_i x_i + (1 - s_i) x_j, where j is another sample of the batch, and the same of the targets.

    x: (N, ...) -> y: (N, ...). s is drawn from Beta(alpha, alpha) for each sample; `alpha` (default 0.2) near 0 mixes
    hardly, 1 in all proportions alike. The target of a class becomes its share, so that the loss must take one output
    a class, such as `categorical_crossentropy`; numbers are mixed as they are. The figures of training are then those
    of mixed samples, and their accuracy counts the larger share. Keras' `MixUp`.

    Source: H. Zhang et al., "mixup: beyond empirical risk minimization", 2018, arXiv:1710.09412.
    """

    examples: ClassVar = (Example({}, (4,)), Example({"alpha": 1.0}, (5, 4, 3)))
    mixes: ClassVar[bool] = True

    alpha: PositiveFloat = 0.2

    def check(self, shape: tuple[int, ...], target: Target) -> None:
        """No classes for the places of a sequence."""
        check_mixable(self, target)

    def apply(self, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", memory: Memory) -> None:
        """Samples go with those some random number of places later."""
        stays = shares(rng, self.alpha, len(x), memory)
        steps = int(rng.integers(1, len(x))) if len(x) > 1 else 0
        mix(x, partners(x, steps, memory, "other x"), stays, memory)
        if y is not x:  # an autoencoder's target is x itself
            mix(y, partners(y, steps, memory, "other y"), stays, memory)
