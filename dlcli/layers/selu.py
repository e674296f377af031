"""selu: an elu whose outputs keep mean 0 and variance 1 from layer to layer."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.layers.elu import Elu

SCALE = 1.0507009873554805
ELU = Elu(alpha=1.6732632423543772)


@dataclass(frozen=True, kw_only=True)
class Selu(Activation):
    """Scaled exponential linear unit: y = SCALE x where x > 0, else SCALE ALPHA (exp(x) - 1).

    SCALE = 1.0507 and ALPHA = 1.6733 keep mean 0 and variance 1, given kernels from `lecun_normal`.
    x: (N, ...) -> y: (N, ...), above -1.7581.
    Source: Klambauer et al., "Self-normalizing neural networks", 2017.
    """

    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """SCALE times elu."""
        y: np.ndarray = np.multiply(ELU.forward(ctx, x), SCALE, out=ctx.empty("scaled", x.shape))
        return y


    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """SCALE times that of elu."""
        dx = ELU.backward(ctx, dy)
        dx *= SCALE
        return dx
