"""leaky_relu: what is negative becomes small."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import NonNegativeFloat


@dataclass(frozen=True, kw_only=True)
class LeakyRelu(Activation):
    """Leaky rectified linear unit: y = x where x > 0, else negative_slope * x.

    x: (N, ...) -> y: (N, ...). The derivative at 0 is taken as `negative_slope`.
    Source: Maas et al., "Rectifier nonlinearities improve neural network acoustic models", 2013.
    """

    examples: ClassVar = (
        Example({}, (5,)), Example({"negative_slope": 0.01}, (2, 3)), Example({"negative_slope": 1.5}, (4,)),
    )

    negative_slope: NonNegativeFloat = 0.3

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The larger one of x and negative_slope * x, or the smaller one for a slope above 1."""
        ctx.x = x
        y: np.ndarray = np.multiply(x, self.negative_slope, out=ctx.empty("y", x.shape))
        return (np.maximum if self.negative_slope <= 1 else np.minimum)(x, y, out=y)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy where x > 0, else negative_slope * dy."""
        dx: np.ndarray = np.greater(ctx.x, 0, out=ctx.empty("dx", dy.shape))
        dx *= 1 - self.negative_slope
        dx += self.negative_slope
        dx *= dy
        return dx
