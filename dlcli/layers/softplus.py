"""softplus: a smooth relu."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.kernels.sigmoid import sigmoid


@dataclass(frozen=True, kw_only=True)
class Softplus(Activation):
    """y = log(1 + exp(x)), computed as max(x, 0) + log1p(exp(-|x|)), which cannot overflow.

    x: (N, ...) -> y: (N, ...), above 0.
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = max(x, 0) + log1p(exp(-|x|))."""
        ctx.x = x
        y: np.ndarray = np.abs(x, out=ctx.empty("y", x.shape))
        np.negative(y, out=y)
        np.exp(y, out=y)
        np.log1p(y, out=y)
        y += np.maximum(x, 0, out=ctx.empty("dx", x.shape))
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy / (1 + exp(-x))."""
        dx = sigmoid(ctx.x, out=ctx.empty("dx", dy.shape))
        dx *= dy
        return dx
