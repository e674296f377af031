"""sigmoid: squeezes numbers into 0 to 1."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.kernels.sigmoid import sigmoid


@dataclass(frozen=True, kw_only=True)
class Sigmoid(Activation):
    """Logistic function: y = 1 / (1 + exp(-x)).

    x: (N, ...) -> y: (N, ...), in 0 to 1. Followed by `binary_crossentropy` the two are computed as
    one, which is both exact and stable.
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = 1 / (1 + exp(-x)), for x of any size."""
        ctx.y = sigmoid(x, out=ctx.empty("y", x.shape))
        return ctx.y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy y (1 - y)."""
        dx: np.ndarray = np.subtract(1, ctx.y, out=ctx.empty("dx", dy.shape))
        dx *= ctx.y
        dx *= dy
        return dx
