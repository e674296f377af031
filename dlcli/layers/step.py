"""step: fires or does not."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context


@dataclass(frozen=True, kw_only=True)
class Step(Activation):
    """Heaviside step: y = 1 where x > 0, else 0.

    x: (N, ...) -> y: (N, ...). Its derivative is 0 wherever it exists, so that nothing before it can learn by
    gradients; followed by the loss `perceptron`, the two together are Rosenblatt's learning rule.
    Source: Rosenblatt, "The perceptron", Psychological Review 65, 1958.
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)))
    exact_gradient: ClassVar[bool] = False

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = 1 where x > 0, else 0."""
        y: np.ndarray = np.greater(x, 0, out=ctx.empty("y", x.shape))
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = 0."""
        dx = ctx.empty("dx", dy.shape)
        dx.fill(0)
        return dx
