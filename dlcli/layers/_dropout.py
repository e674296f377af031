"""What dropouts share: a mask of zeros and 1 / (1 - rate), drawn anew at every training step."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from dlcli.core.context import Context
from dlcli.core.fields import Rate
from dlcli.core.layer import Layer


@dataclass(frozen=True, kw_only=True)
class MaskedOut(Layer):
    """Silences a share of what comes in; `rate` is the share, 0 to below 1."""

    rate: Rate

    @abstractmethod
    def mask_shape(self, x_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the mask for inputs of `x_shape`: 1 along axes that are kept or silenced together."""
        raise NotImplementedError

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Draws the mask and applies it."""
        ctx.mask = None
        if not ctx.training or self.rate == 0:
            return x
        assert ctx.rng is not None
        keep = 1 - self.rate
        mask = ctx.empty("mask", self.mask_shape(x.shape))
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
