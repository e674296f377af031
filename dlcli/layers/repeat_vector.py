"""repeat_vector: one vector becomes a sequence of itself."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import PositiveInt
from dlcli.core.layer import Layer, Plan
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class RepeatVector(Layer):
    """y_t = x for t = 1 ... n. x: (N, I) -> y: (N, n, I). Feeds a decoder with what an encoder made of a sequence.

    No mask goes on: every step counts. Raises ShapeError where a sample is not one vector.
    """

    examples: ClassVar = (Example({"n": 3}, (4,)), Example({"n": 1}, (2,)))

    n: PositiveInt

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """(I,) becomes (n, I)."""
        if len(in_shape) != 1:
            raise ShapeError(
                f"repeat_vector needs samples of shape (I,), one vector each; got {in_shape}",
                hint="put `flatten` before it, or take `return_sequences` off the layer before it",
            )
        return Plan(out_shape=(self.n, *in_shape), steps="gone")

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Copies x n times."""
        y = ctx.empty("y", (len(x), *ctx.plan.out_shape))
        y[...] = x[:, None]
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = sum_t dy_t."""
        dx: np.ndarray = np.add.reduce(dy, axis=1, out=ctx.empty("dx", (len(dy), dy.shape[2])))
        return dx
