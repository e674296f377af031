"""zero_padding2d: a border of zeros around an image."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.layer import Layer, Plan
from dlcli.layers._windows import Borders, need_axes


@dataclass(frozen=True, kw_only=True)
class ZeroPadding2d(Layer):
    """Puts rows and columns of zeros around an image.

    x: (N, H, W, C) -> y: (N, top + H + bottom, left + W + right, C). `padding`: one number for all sides, [rows,
    columns], or [[top, bottom], [left, right]].
    """

    examples: ClassVar = (
        Example({}, (2, 3, 2)), Example({"padding": [1, 2]}, (3, 2, 1)),
        Example({"padding": [[1, 0], [0, 2]]}, (2, 2, 2)),
    )

    padding: Borders = ((1, 1), (1, 1))

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """Larger by the border; the same channels."""
        need_axes("zero_padding2d", in_shape, 3)
        H, W, C = in_shape
        return Plan(out_shape=(H + sum(self.padding[0]), W + sum(self.padding[1]), C), steps="new")

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """x in the middle of zeros."""
        y = ctx.empty("y", (len(x), *ctx.plan.out_shape))
        y.fill(0)
        np.copyto(self._inside(y), x)
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx is the middle of dy, the same memory."""
        return self._inside(dy)

    def _inside(self, y: np.ndarray) -> np.ndarray:
        (top, bottom), (left, right) = self.padding
        return y[:, top:y.shape[1] - bottom, left:y.shape[2] - right]
