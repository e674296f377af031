"""gan_minimax: the game of generative adversarial nets as it was first written down."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.kernels.sigmoid import sigmoid
from dlcli.losses._gan_crossentropy import GanCrossentropy, softplus


@dataclass(frozen=True, kw_only=True)
class GanMinimax(GanCrossentropy):
    """Discriminator: -log p of the truth, p = sigmoid(z); generator: log(1 - p(fake is real)) = -log(1 + exp(z)).

    z: (N, 1), the discriminator's scores, without a sigmoid. What one net wins the other loses. Where fakes are found
    out, p near 0, the generator's gradient vanishes: `gan_non_saturating` mends that. `label_smoothing: s` gives real
    samples the target 1 - s. Source: Goodfellow et al., "Generative adversarial nets", 2014, equation 1.
    """

    examples: ClassVar = (Example({}, (1,)), Example({"label_smoothing": 0.1}, (1,)))

    def deceive(self, ctx: Context, z: np.ndarray) -> np.ndarray:
        """-log(1 + exp(z))."""
        ctx.shape, ctx.z = z.shape, z.reshape(-1)
        losses = softplus(ctx, ctx.z)
        return np.negative(losses, out=losses)

    def deceive_backward(self, ctx: Context, weight: float) -> np.ndarray:
        """dz = -weight sigmoid(z)."""
        dz = sigmoid(ctx.z, out=ctx.empty("dy", ctx.z.shape))
        dz *= -float(weight)
        return ctx.empty("dy", ctx.shape)
