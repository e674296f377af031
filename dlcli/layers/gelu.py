"""gelu: lets a number pass in the measure in which it is larger than others."""

from dataclasses import dataclass
from math import pi, sqrt
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.kernels.erf import erf, work_shape

CUBIC = 0.044715


@dataclass(frozen=True, kw_only=True)
class Gelu(Activation):
    """Gaussian error linear unit: y = x F(x), F(x) = (1 + erf(x / sqrt(2))) / 2 being the normal distribution function.

    With `approximate: true`, F(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, which is faster and
    off by up to 5e-4. x: (N, ...) -> y: (N, ...).
    Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016.
    """

    examples: ClassVar = (Example({}, (5,)), Example({"approximate": True}, (2, 3)))

    approximate: bool = False

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = x F(x); keeps F(x)."""
        share, y = ctx.empty("share", x.shape), ctx.empty("y", x.shape)
        if self.approximate:
            np.multiply(x, x, out=y)
            y *= CUBIC
            y += 1
            y *= x
            y *= sqrt(2 / pi)
            np.tanh(y, out=share)
        else:
            np.multiply(x, sqrt(0.5), out=y)
            erf(y, out=share, work=ctx.empty("work", work_shape(x.size)))
        share += 1
        share *= 0.5
        np.multiply(x, share, out=y)
        ctx.x = x
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy (F(x) + x F'(x)); F' is the normal density, or 2 F (1 - F) times the tanh's inner derivative."""
        x, share, dx = ctx.x, ctx.empty("share", dy.shape), ctx.empty("dx", dy.shape)
        np.multiply(x, x, out=dx)
        if self.approximate:
            inner = ctx.empty("inner", dy.shape)
            dx *= 3 * CUBIC
            dx += 1
            dx *= 2 * sqrt(2 / pi)
            np.subtract(1, share, out=inner)
            dx *= inner
            dx *= share
        else:
            dx *= -0.5
            np.exp(dx, out=dx)
            dx *= 1 / sqrt(2 * pi)
        dx *= x
        dx += share
        dx *= dy
        return dx
