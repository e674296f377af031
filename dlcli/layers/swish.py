"""swish: lets a number pass in the measure of its own sigmoid."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.kernels.sigmoid import sigmoid


@dataclass(frozen=True, kw_only=True)
class Swish(Activation):
    """Swish, also called SiLU: y = x sigmoid(x). `silu` is the same.

    x: (N, ...) -> y: (N, ...).
    Source: Ramachandran et al., "Searching for activation functions", 2017.
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = x s with s = sigmoid(x)."""
        ctx.share = sigmoid(x, out=ctx.empty("share", x.shape))
        ctx.y = np.multiply(x, ctx.share, out=ctx.empty("y", x.shape))
        return ctx.y


    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy (s + y (1 - s))."""
        dx: np.ndarray = np.subtract(1, ctx.share, out=ctx.empty("dx", dy.shape))
        dx *= ctx.y
        dx += ctx.share
        dx *= dy
        return dx
