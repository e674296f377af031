"""relu: what is negative becomes zero."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context


@dataclass(frozen=True, kw_only=True)
class Relu(Activation):
    """Rectified linear unit: y = max(x, 0). The derivative at 0 is taken as 0.

    x: (N, ...) -> y: (N, ...).
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = max(x, 0)."""
        ctx.y = np.maximum(x, 0, out=ctx.empty("y", x.shape))
        return ctx.y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy where y > 0, else 0."""
        dx: np.ndarray = np.greater(ctx.y, 0, out=ctx.empty("dx", dy.shape))  # 1 and 0 as numbers: no mask to convert
        dx *= dy
        return dx
