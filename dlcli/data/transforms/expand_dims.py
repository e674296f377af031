"""expand_dims: one more axis of length one, such as the channel of a grey image."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import Int
from dlcli.core.transform import State, Transform
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class ExpandDims(Transform):
    """Adds an axis of length one; `axis` counts the axes of a sample, -1 being behind the last.

    x: (N, H, W) -> y: (N, H, W, 1), as convolutions want a grey image. NumPy's `expand_dims`.
    """

    examples: ClassVar = (Example({}, (4, 5)), Example({"axis": 0}, (3,)))

    axis: Int = -1

    def plan(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        """One axis more."""
        axes = len(in_shape) + 1
        if not -axes <= self.axis < axes:
            raise ShapeError(
                f"samples of shape {in_shape} get their new axis at {-axes} to {axes - 1}; found axis {self.axis}",
                hint="axis: -1 puts it behind the last",
            )
        place = self.axis % axes
        return (*in_shape[:place], 1, *in_shape[place:])

    def apply(self, x: np.ndarray, out: np.ndarray, state: State) -> None:
        """The same numbers in the new shape."""
        np.copyto(out, x.reshape(out.shape))
