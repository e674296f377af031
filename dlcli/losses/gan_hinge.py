"""gan_hinge: generative adversarial nets whose discriminator stops where it is sure enough."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.gan_loss import GanLoss
from dlcli.losses._weights import scaled


@dataclass(frozen=True, kw_only=True)
class GanHinge(GanLoss):
    """Discriminator: max(0, 1 - z) for real samples, max(0, 1 + z) for fakes; generator: -z.

    z: (N, 1), the discriminator's scores. Scores beyond 1 and -1 cost nothing, so that the discriminator does not run
    away from the generator. Source: Lim and Ye, "Geometric GAN", 2017.
    """

    examples: ClassVar = (Example({}, (1,)),)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        ctx.predictions = y_pred
        z = y_pred.reshape(-1)
        sign = ctx.sign = ctx.empty("sign", z.shape)
        np.multiply(y_true.reshape(-1), -2, out=sign, casting="same_kind", dtype=sign.dtype)
        sign += 1
        losses = ctx.losses = np.multiply(sign, z, out=ctx.empty("losses", z.shape))
        losses += 1
        return np.maximum(losses, 0, out=losses)

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """dz = weight times -1 for real samples and 1 for fakes, where the loss is above 0."""
        shape = ctx.sign.shape
        dz = ctx.empty("dy", shape)
        np.multiply(ctx.sign, np.greater(ctx.losses, 0, out=ctx.empty("above", shape, bool)), out=dz)
        column = ctx.empty("dy", (len(dz), 1))
        column *= scaled(ctx, weight, 1.0)
        return ctx.empty("dy", ctx.predictions.shape)

    def deceive(self, ctx: Context, z: np.ndarray) -> np.ndarray:
        """-z."""
        ctx.shape = z.shape
        return np.negative(z.reshape(-1), out=ctx.empty("losses", (z.size,)))

    def deceive_backward(self, ctx: Context, weight: float) -> np.ndarray:
        """dz = -weight."""
        dz = ctx.empty("dy", ctx.shape)
        dz.fill(-float(weight))
        return dz
