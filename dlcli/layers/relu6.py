"""relu6: a relu that goes no higher than six."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers._corners import slope_inside


@dataclass(frozen=True, kw_only=True)
class Relu6(Activation):
    """y = min(max(x, 0), 6). The derivative is taken as 0 at both corners.

    x: (N, ...) -> y: (N, ...), in 0 to 6.
    Source: Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision applications", 2017.
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = min(max(x, 0), 6)."""
        y = np.maximum(x, 0, out=ctx.empty("y", x.shape))
        ctx.y = np.minimum(y, 6, out=y)
        return ctx.y


    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy where 0 < y < 6, else 0."""
        dx = slope_inside(ctx, ctx.y, 0, 6)
        dx *= dy
        return dx
