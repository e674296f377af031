"""hard_swish: a swish made of a parabola and two straight lines."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers._corners import slope_inside


@dataclass(frozen=True, kw_only=True)
class HardSwish(Activation):
    """y = x min(max(x + 3, 0), 6) / 6. Keras' name `hard_silu` is the same.

    x: (N, ...) -> y: (N, ...), from -3/8 up. At -3 the derivative is taken as 0, at 3 as 1.
    Source: Howard et al., "Searching for MobileNetV3", 2019.
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)), Example({}, (40,)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = x s with s = hard_sigmoid(x)."""
        ctx.x = x
        share = np.multiply(x, 1 / 6, out=ctx.empty("share", x.shape))
        share += 0.5
        ctx.share = np.minimum(np.maximum(share, 0, out=share), 1, out=share)
        y: np.ndarray = np.multiply(x, share, out=ctx.empty("y", x.shape))
        return y


    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy (s + x / 6 where 0 < s < 1)."""
        dx = slope_inside(ctx, ctx.share, 0, 1)
        dx *= ctx.x
        dx *= 1 / 6
        dx += ctx.share
        dx *= dy
        return dx
