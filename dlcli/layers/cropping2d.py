"""cropping2d: cuts the border of an image off."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.layer import Layer, Plan
from dlcli.errors import ShapeError
from dlcli.layers._windows import Borders, need_axes


@dataclass(frozen=True, kw_only=True)
class Cropping2d(Layer):
    """Cuts rows and columns off the edges of an image.

    x: (N, H, W, C) -> y: (N, H - top - bottom, W - left - right, C). `cropping`: one number for all sides, [rows,
    columns], or [[top, bottom], [left, right]]; none by default.
    """

    examples: ClassVar = (
        Example({"cropping": 1}, (4, 3, 2)), Example({"cropping": [1, 0]}, (3, 2, 1)),
        Example({"cropping": [[1, 0], [0, 2]]}, (2, 3, 2)), Example({}, (2, 2, 1)),
    )

    cropping: Borders = ((0, 0), (0, 0))

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """Smaller by what is cut off; the same channels."""
        need_axes("cropping2d", in_shape, 3)
        extents = [n - sum(cut) for n, cut in zip(in_shape, self.cropping, strict=False)]
        if min(extents) < 1:
            (top, bottom), (left, right) = self.cropping
            raise ShapeError(
                f"cropping2d takes {top + bottom} rows and {left + right} columns off, which needs images larger than "
                f"that; got {in_shape[0]} x {in_shape[1]}",
                hint="crop less", path=("cropping",),
            )
        return Plan(out_shape=(*extents, in_shape[2]), steps="new")

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The middle of x, the same memory."""
        ctx.x_shape = x.shape
        return self._inside(x)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dy in the middle of zeros."""
        dx = ctx.empty("dx", ctx.x_shape)
        dx.fill(0)
        np.copyto(self._inside(dx), dy)
        return dx

    def _inside(self, x: np.ndarray) -> np.ndarray:
        (top, bottom), (left, right) = self.cropping
        return x[:, top:x.shape[1] - bottom, left:x.shape[2] - right]
