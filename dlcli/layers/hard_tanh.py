"""hard_tanh: a tanh of three straight lines."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers._corners import slope_inside


@dataclass(frozen=True, kw_only=True)
class HardTanh(Activation):
    """y = min(max(x, -1), 1). The derivative is taken as 0 at both corners.

    x: (N, ...) -> y: (N, ...), in -1 to 1.
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)), Example({}, (40,)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = min(max(x, -1), 1)."""
        y = np.maximum(x, -1, out=ctx.empty("y", x.shape))
        ctx.y = np.minimum(y, 1, out=y)
        return ctx.y


    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy where -1 < y < 1, else 0."""
        dx = slope_inside(ctx, ctx.y, -1, 1)
        dx *= dy
        return dx
