"""flatten: one axis of features out of any number of axes."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.layer import Layer, Plan


@dataclass(frozen=True, kw_only=True)
class Flatten(Layer):
    """Lays the axes of a sample one after the other. x: (N, A, B, ...) -> y: (N, A * B * ...). No mask goes on."""

    same_numbers: ClassVar = True
    examples: ClassVar = (Example({}, (2, 3, 4)), Example({}, (5,)), Example({}, ()))

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """One axis that holds everything."""
        return Plan(out_shape=(prod(in_shape),), steps="gone")

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The same numbers seen through another shape; copies only where x is not contiguous."""
        ctx.x_shape = x.shape
        return x.reshape(len(x), prod(x.shape[1:]))

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """The same numbers in the shape of x."""
        return dy.reshape(ctx.x_shape)
