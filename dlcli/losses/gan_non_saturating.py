"""gan_non_saturating: the usual losses of generative adversarial nets."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.kernels.sigmoid import sigmoid
from dlcli.losses._gan_crossentropy import GanCrossentropy, softplus


@dataclass(frozen=True, kw_only=True)
class GanNonSaturating(GanCrossentropy):
    """Discriminator: -log p of the truth, p = sigmoid(z); generator: -log p(fake is real) = log(1 + exp(-z)).

    z: (N, 1), the discriminator's scores, without a sigmoid. In the form on logits: L = log(1 + exp(z)) - t z with
    t = 1 for real samples and 0 for fakes; `label_smoothing: s` makes it 1 - s for the real ones alone. Unlike
    `gan_minimax` the generator learns fastest where its fakes are found out.
    Source: Goodfellow et al., "Generative adversarial nets", 2014, section 3.
    """

    examples: ClassVar = (Example({}, (1,)), Example({"label_smoothing": 0.1}, (1,)))

    def deceive(self, ctx: Context, z: np.ndarray) -> np.ndarray:
        """log(1 + exp(-z))."""
        ctx.shape = z.shape
        ctx.negative = np.negative(z.reshape(-1), out=ctx.empty("negative", (z.size,)))
        return softplus(ctx, ctx.negative)

    def deceive_backward(self, ctx: Context, weight: float) -> np.ndarray:
        """dz = -weight sigmoid(-z)."""
        dz = sigmoid(ctx.negative, out=ctx.empty("dy", ctx.negative.shape))
        dz *= -float(weight)
        return ctx.empty("dy", ctx.shape)
