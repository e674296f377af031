"""grayscale: images in colour become gray ones."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.transform import State, Transform
from dlcli.errors import ShapeError

_WEIGHTS = 0.299, 0.587, 0.114


@dataclass(frozen=True, kw_only=True)
class Grayscale(Transform):
    """y = 0.299 red + 0.587 green + 0.114 blue, as bright as the colours look.

    x: (N, H, W, 3) -> y: (N, H, W, 1). The scale stays: pixels from 0 to 255 give numbers from 0 to 255.

    Source: Recommendation ITU-R BT.601; as TensorFlow's `rgb_to_grayscale` and Pillow have it.
    """

    examples: ClassVar = (Example({}, (4, 5, 3)), Example({}, (1, 1, 3)))

    def plan(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Three channels become one."""
        if len(in_shape) != 3 or in_shape[2] != 3:
            raise ShapeError(
                f"grayscale needs images in red, green and blue, (H, W, 3); got samples of shape {in_shape}",
                hint="take grayscale out, or use a data set of images in colour",
            )
        return (*in_shape[:2], 1)

    def apply(self, x: np.ndarray, out: np.ndarray, state: State) -> None:
        """Writes the weighted sum to out."""
        red, green, blue = _WEIGHTS
        y = out[..., 0]
        np.multiply(x[..., 0], red / green, out=y, casting="same_kind")  # in this order nothing but y is needed
        np.add(y, x[..., 1], out=y, casting="same_kind")
        np.multiply(y, green / blue, out=y)
        np.add(y, x[..., 2], out=y, casting="same_kind")
        np.multiply(y, blue, out=y)
