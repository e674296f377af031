"""input: says which shape a model expects."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import Shape
from dlcli.core.layer import Layer, Plan
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Input(Layer):
    """Identity that insists on a shape. x: (N, *shape) -> y: (N, *shape).

    Not needed, since the data set says what comes in; it documents a model and catches data of another
    shape before anything is trained. Raises ShapeError where the samples have another shape.
    """

    same_numbers: ClassVar = True
    examples: ClassVar = (Example({"shape": [2, 3]}, (2, 3)), Example({"shape": [4]}, (4,)))

    shape: Shape

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape, if it is the one that is written."""
        if in_shape != self.shape:
            raise ShapeError(
                f"input expects samples of shape {self.shape}; got {in_shape}",
                hint=f"write shape: {list(in_shape)}, or put {{type: reshape, shape: {list(self.shape)}}} before it",
                path=("shape",),
            )
        return Plan(out_shape=in_shape)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = x, the same array."""
        return x

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy, the same array."""
        return dy
