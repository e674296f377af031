"""permute: the axes of a sample in another order."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import AsTuple, PositiveInt
from dlcli.core.flow_plan import Steps
from dlcli.core.layer import Layer, Plan
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Permute(Layer):
    """Axis i of y is axis dims[i] of x, counted from 1, the first axis of a sample, as in Keras.

    x: (N, A, B) -> y: (N, B, A) with `dims: [2, 1]`. No mask goes on where the first axis moves. Raises ShapeError
    where `dims` does not name every axis of a sample once.
    """

    same_numbers: ClassVar = True
    examples: ClassVar = (Example({"dims": [2, 1]}, (3, 4)), Example({"dims": [1, 3, 2]}, (2, 3, 4)))

    dims: Annotated[tuple[PositiveInt, ...], AsTuple]

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The extents in the new order."""
        if sorted(self.dims) != list(range(1, len(in_shape) + 1)):
            raise ShapeError(
                f"dims {list(self.dims)} must name every axis of samples of shape {in_shape} once",
                hint=f"write the numbers 1 to {len(in_shape)} in the order that is wanted", path=("dims",),
            )
        steps: Steps = "kept" if self.dims[:1] in ((), (1,)) else "new"
        return Plan(out_shape=tuple(in_shape[axis - 1] for axis in self.dims), steps=steps)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Copies, so that what comes after finds contiguous memory."""
        y = ctx.empty("y", (len(x), *ctx.plan.out_shape))
        y[...] = x.transpose(0, *self.dims)
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """The axes back in their places."""
        back = (0, *(1 + self.dims.index(axis) for axis in range(1, dy.ndim)))
        moved = dy.transpose(back)
        dx = ctx.empty("dx", moved.shape)
        dx[...] = moved
        return dx
