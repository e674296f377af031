"""tanh: squeezes numbers into -1 to 1."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context


@dataclass(frozen=True, kw_only=True)
class Tanh(Activation):
    """Hyperbolic tangent: y = (exp(x) - exp(-x)) / (exp(x) + exp(-x)).

    x: (N, ...) -> y: (N, ...), in -1 to 1.
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = tanh(x)."""
        ctx.y = np.tanh(x, out=ctx.empty("y", x.shape))
        return ctx.y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy (1 - y^2)."""
        dx: np.ndarray = np.multiply(ctx.y, ctx.y, out=ctx.empty("dx", dy.shape))
        np.subtract(1, dx, out=dx)
        dx *= dy
        return dx
