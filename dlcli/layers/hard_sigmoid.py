"""hard_sigmoid: a sigmoid of three straight lines."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers._corners import slope_inside


@dataclass(frozen=True, kw_only=True)
class HardSigmoid(Activation):
    """y = min(max(x / 6 + 1 / 2, 0), 1). The derivative is taken as 0 at both corners.

    x: (N, ...) -> y: (N, ...), in 0 to 1.
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)), Example({}, (40,)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = min(max(x / 6 + 1 / 2, 0), 1)."""
        y = np.multiply(x, 1 / 6, out=ctx.empty("y", x.shape))
        y += 0.5
        ctx.y = np.minimum(np.maximum(y, 0, out=y), 1, out=y)
        return ctx.y


    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy / 6 where 0 < y < 1, else 0."""
        inside = slope_inside(ctx, ctx.y, 0, 1)
        inside *= 1 / 6
        inside *= dy
        return inside
