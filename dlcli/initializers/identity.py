"""identity: a dense layer that starts by passing everything on."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import Float
from dlcli.core.initializer import Initializer
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Identity(Initializer):
    """W = gain * I: 1 on the diagonal, 0 elsewhere, for matrices (I, O); I and O may differ.

    Raises ShapeError for parameters that are no matrices.
    """

    examples: ClassVar = (Example(), Example({"gain": 0.5}),)

    gain: Float = 1.0

    def check(self, shape: tuple[int, ...]) -> None:
        """A matrix or more."""
        if len(shape) != 2:
            raise ShapeError(
                f"the initializer identity makes matrices; the parameter has shape {shape}",
                hint="use it for the kernel of a dense layer, or take another initializer",
            )

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """The matrix; draws nothing."""
        rows, columns = shape
        return self.gain * np.eye(rows, columns)
