"""masking: steps that hold nothing but padding are passed over."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import Float
from dlcli.core.layer import Layer, Plan
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Masking(Layer):
    """A step counts unless all its numbers are `mask_value`: y_t = x_t where it counts, else 0.

    x: (N, T, I) -> y: (N, T, I). Sets the mask that recurrent and attention layers, poolings and losses after it
    read, in place of one that came in. Raises ShapeError where there is no time axis.
    """

    examples: ClassVar = (Example({}, (3, 2)), Example({"mask_value": -1.0}, (4, 1)))

    mask_value: Float = 0.0

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        if len(in_shape) < 2:
            raise ShapeError(
                f"masking needs samples of shape (T, I), I numbers at each of T steps; got {in_shape}",
                hint="for ids of words use {type: embedding, mask_zero: true, ...} instead",
            )
        return Plan(out_shape=in_shape, flops=2 * prod(in_shape), makes_mask=True)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Finds the mask and silences the rest."""
        differs = np.not_equal(x, self.mask_value, out=ctx.empty("differs", x.shape, bool))
        mask = ctx.empty("mask", x.shape[:2], bool)
        np.logical_or.reduce(differs, axis=tuple(range(2, x.ndim)), out=mask)
        ctx.flow.mask = mask
        ctx.counts = ctx.empty("counts", x.shape[:2])
        ctx.counts[...] = mask
        ctx.counts = ctx.counts.reshape(*x.shape[:2], *(1,) * (x.ndim - 2))
        y: np.ndarray = np.multiply(x, ctx.counts, out=ctx.empty("y", x.shape))
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy where the step counts."""
        dx: np.ndarray = np.multiply(dy, ctx.counts, out=ctx.empty("dx", dy.shape))
        return dx
