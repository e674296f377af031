"""What spatial dropouts share: whole channels are silenced."""

from dataclasses import dataclass

import numpy as np

from dlcli.core.context import Context
from dlcli.core.fields import Rate
from dlcli.core.layer import Layer, Plan
from dlcli.layers._windows import need_axes


@dataclass(frozen=True, kw_only=True)
class SpatialDropout(Layer):
    """Dropout of channels; `rate` is the share that is silenced."""

    rate: Rate

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        need_axes(self.type_name(), in_shape, 2 if self.type_name().endswith("1d") else 3)
        return Plan(out_shape=in_shape)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Draws one number a channel of each sample and applies it."""
        ctx.mask = None
        if not ctx.training or self.rate == 0:
            return x
        assert ctx.rng is not None
        keep = 1 - self.rate
        mask = ctx.empty("mask", (len(x), *(1,) * (x.ndim - 2), x.shape[-1]))
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
