"""mish: a smooth relu that lets a little of what is negative through."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context

ENOUGH = 20.0
"""Beyond it tanh(softplus(x)) is 1 in all digits, and exp(x) squared would soon be too large."""


@dataclass(frozen=True, kw_only=True)
class Mish(Activation):
    """y = x tanh(softplus(x)), softplus(x) = log(1 + exp(x)).

    x: (N, ...) -> y: (N, ...), above -0.31.
    Source: Misra, "Mish: a self regularized non-monotonic activation function", 2020.
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """With e = exp(x): tanh(log(1 + e)) = n / (n + 2), n = e (e + 2). Keeps e and that share t."""
        power, share = ctx.empty("power", x.shape), ctx.empty("share", x.shape)
        np.minimum(x, ENOUGH, out=power)
        np.exp(power, out=power)
        np.add(power, 2, out=share)
        share *= power
        y = np.add(share, 2, out=ctx.empty("y", x.shape))
        share /= y
        ctx.x = x
        return np.multiply(x, share, out=y)


    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy (t + x (1 - t^2) sigmoid(x)), sigmoid(x) = e / (e + 1)."""
        x, power, share = ctx.x, ctx.empty("power", dy.shape), ctx.empty("share", dy.shape)
        dx: np.ndarray = np.add(power, 1, out=ctx.empty("dx", dy.shape))
        np.divide(power, dx, out=dx)
        dx *= x
        rest = np.multiply(share, share, out=ctx.empty("y", dy.shape))
        np.subtract(1, rest, out=rest)
        dx *= rest
        dx += share
        dx *= dy
        return dx
