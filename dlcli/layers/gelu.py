"""gelu: lets a number pass in the measure in which it is larger than others."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.kernels.erf import work_shape
from dlcli.kernels.gelu import gelu, gelu_approximate, gelu_approximate_gradient, gelu_gradient


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
        """y = x F(x); keeps F(x)."""
        share, y = ctx.empty("share", x.shape), ctx.empty("y", x.shape)
        ctx.x = x
        if self.approximate:
            return gelu_approximate(x, out=y, share=share)
        return gelu(x, out=y, share=share, work=ctx.empty("work", work_shape(x.size)))

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy (F(x) + x F'(x)); F' is the normal density, or 2 F (1 - F) times the tanh's inner derivative."""
        share, dx = ctx.empty("share", dy.shape), ctx.empty("dx", dy.shape)
        if self.approximate:
            return gelu_approximate_gradient(dy, ctx.x, share, out=dx, work=ctx.empty("inner", dy.shape))
        return gelu_gradient(dy, ctx.x, share, out=dx)
