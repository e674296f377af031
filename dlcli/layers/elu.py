"""elu: what is negative is bent towards a floor."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import NonNegativeFloat


@dataclass(frozen=True, kw_only=True)
class Elu(Activation):
    """Exponential linear unit: y = x where x > 0, else alpha (exp(x) - 1).

    x: (N, ...) -> y: (N, ...), above -alpha.
    Source: Clevert et al., "Fast and accurate deep network learning by exponential linear units", 2016.
    """

    examples: ClassVar = (Example({}, (5,)), Example({"alpha": 0.5}, (2, 3)))

    alpha: NonNegativeFloat = 1.0

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """exp(x) - 1 = 2 t / (1 - t) with t = tanh(x / 2): exact near 0, and faster here than expm1."""
        y: np.ndarray = np.minimum(x, 0, out=ctx.empty("y", x.shape))
        rest = ctx.empty("dx", x.shape)
        y *= 0.5
        np.tanh(y, out=y)
        np.subtract(1, y, out=rest)
        y /= rest
        y *= 2 * self.alpha
        y += np.maximum(x, 0, out=rest)
        ctx.x, ctx.y = x, y
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy where x > 0, else dy (y + alpha), which is dy alpha exp(x)."""
        dx: np.ndarray = np.add(ctx.y, self.alpha, out=ctx.empty("dx", dy.shape))
        np.copyto(dx, 1, where=np.greater(ctx.x, 0, out=ctx.empty("positive", dy.shape, bool)))
        dx *= dy
        return dx
