"""dropout: silences random numbers during training, so that none is relied upon."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import Rate
from dlcli.core.layer import Layer, Plan


@dataclass(frozen=True, kw_only=True)
class Dropout(Layer):
    """In training y = x * keep / (1 - rate) with keep = 0 with probability `rate`, else 1; otherwise y = x.

    x: (N, ...) -> y: (N, ...). `rate` is the share that is silenced, 0 to below 1; the rest grows so
    that the mean stays. Every number of every sample is drawn anew at every step.
    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
    """

    examples: ClassVar = (Example({"rate": 0.2}, (5,)), Example({"rate": 0.5}, (2, 3)), Example({"rate": 0.0}, (4,)))

    rate: Rate

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        return Plan(out_shape=in_shape)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Draws the mask and applies it."""
        ctx.mask = None
        if not ctx.training or self.rate == 0:
            return x
        assert ctx.rng is not None
        keep = 1 - self.rate
        mask = ctx.empty("mask", x.shape)
        ctx.rng.random(out=mask, dtype=mask.dtype)
        mask += keep
        np.floor(mask, out=mask)  # a draw from 0 to 1, plus keep, reaches 1 with probability keep
        mask *= 1 / keep
        ctx.mask = mask
        y: np.ndarray = np.multiply(x, mask, out=ctx.empty("y", x.shape))
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy * keep / (1 - rate)."""
        if ctx.mask is None:
            return dy
        dx: np.ndarray = np.multiply(dy, ctx.mask, out=ctx.empty("dx", dy.shape))
        return dx
