"""reshape: the same numbers in another shape."""

from dataclasses import dataclass
from math import prod
from typing import Annotated, ClassVar

import numpy as np
from pydantic import AfterValidator, Field

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import AsTuple
from dlcli.core.flow_plan import Steps
from dlcli.core.layer import Layer, Plan
from dlcli.errors import ShapeError


def _one_free_axis(shape: tuple[int, ...]) -> tuple[int, ...]:
    if 0 in shape:
        raise ValueError("an axis must be at least 1 long, or -1 for what is left; found 0")
    if shape.count(-1) > 1:
        raise ValueError(f"only one axis may be -1; found {shape.count(-1)}")
    return shape


@dataclass(frozen=True, kw_only=True)
class Reshape(Layer):
    """Gives a sample another shape. x: (N, *any) -> y: (N, *shape), in the same order.

    One axis of `shape` may be -1: it takes what is left. Keras calls the key `target_shape`; here `shape` is
    the shape of one sample everywhere. A mask goes on where the first axis, that of the steps, stays. Raises ShapeError
    where the numbers of a sample do not fit.
    """

    same_numbers: ClassVar = True
    examples: ClassVar = (
        Example({"shape": [2, 6]}, (12,)), Example({"shape": [3, -1]}, (2, 3, 4)), Example({"shape": [-1]}, (2, 3)),
        Example({"shape": [1]}, ()),
    )

    shape: Annotated[tuple[Annotated[int, Field(ge=-1)], ...], AsTuple, AfterValidator(_one_free_axis)]

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """`shape` with its free axis filled in."""
        size, known = prod(in_shape), prod(n for n in self.shape if n != -1)
        if size % known if -1 in self.shape else size != known:
            raise ShapeError(
                f"cannot give samples of shape {in_shape}, {size} numbers, the shape {self.shape}: "
                + (f"{size} is no multiple of {known}" if -1 in self.shape else f"that takes {known}"),
                hint="the product of `shape` must be that of the incoming shape; one axis may be -1", path=("shape",),
            )
        out_shape = tuple(size // known if n == -1 else n for n in self.shape)
        steps: Steps = "kept" if in_shape[:1] == out_shape[:1] and len(in_shape) > 1 else "new"
        return Plan(out_shape=out_shape, steps=steps)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The same numbers seen through another shape; copies only where x is not contiguous."""
        ctx.x_shape = x.shape
        return x.reshape(len(x), *ctx.plan.out_shape)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """The same numbers in the shape of x."""
        return dy.reshape(ctx.x_shape)
