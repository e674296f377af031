"""gelu: lets a number pass in the measure in which it is larger than others."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.kernels.gelu import gelu, gelu_approximate, work_shape


@dataclass(frozen=True, kw_only=True)
class Gelu(Activation):
    """Gaussian error linear unit: y = x F(x), F(x) = (1 + erf(x / sqrt(2))) / 2 being the normal distribution function.

    With `approximate: true`, F(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, which is faster and
    off by up to 5e-4. x: (N, ...) -> y: (N, ...).
    Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016.
    """

    examples: ClassVar = (Example({}, (5,)), Example({"approximate": True}, (2, 3)))

    approximate: bool = False

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = x F(x); in training keeps F(x) + x F'(x), F' being the normal density, or what the tanh gives."""
        ctx.x = x
        return self.bend(ctx, x, slope=ctx.empty("slope", x.shape) if ctx.training else None)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy (F(x) + x F'(x))."""
        slope = ctx.empty("slope", dy.shape)
        if not ctx.training:  # nobody expected this
            self.bend(ctx, ctx.x, slope=slope)
        dx: np.ndarray = np.multiply(dy, slope, out=ctx.empty("dx", dy.shape))
        return dx

    def bend(self, ctx: Context, x: np.ndarray, *, slope: np.ndarray | None) -> np.ndarray:
        """y of x, and the derivative there into `slope`, where it is wanted; that may be x itself."""
        function = gelu_approximate if self.approximate else gelu
        return function(x, out=ctx.empty("y", x.shape), slope=slope, work=ctx.empty("work", work_shape(x.size)))
