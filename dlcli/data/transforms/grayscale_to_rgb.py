"""grayscale_to_rgb: grey images for a model that takes coloured ones."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.transform import State, Transform
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class GrayscaleToRgb(Transform):
    """Gives red, green and blue the one value of a grey pixel: y[..., c] = x for c = 0, 1, 2.

    x: (N, H, W) or (N, H, W, 1) -> y: (N, H, W, 3). TensorFlow's `image.grayscale_to_rgb`.
    """

    examples: ClassVar = (Example({}, (4, 5)), Example({}, (3, 2, 1)))

    def plan(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Three channels."""
        if len(in_shape) == 2 or (len(in_shape) == 3 and in_shape[2] == 1):
            return (*in_shape[:2], 3)
        raise ShapeError(
            f"grayscale_to_rgb needs grey images (H, W) or (H, W, 1); got samples of shape {in_shape}",
            hint="take it out: the images have their colours" if len(in_shape) == 3 else "use a data set of images",
        )

    def apply(self, x: np.ndarray, out: np.ndarray, state: State) -> None:
        """The same number three times."""
        np.copyto(out, x.reshape(*out.shape[:3], 1), casting="same_kind")
