"""gan_least_squares: generative adversarial nets whose discriminator measures distances."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.gan_loss import GanLoss
from dlcli.losses._weights import scaled


@dataclass(frozen=True, kw_only=True)
class GanLeastSquares(GanLoss):
    """Discriminator: (z - t)^2 / 2 with t = 1 for real samples and 0 for fakes; generator: (z - 1)^2 / 2.

    z: (N, 1), the discriminator's scores. Fakes far from the border are pulled towards it even where they pass for
    real. Source: Mao et al., "Least squares generative adversarial networks", 2017, equation 9.
    """

    examples: ClassVar = (Example({}, (1,)),)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        ctx.predictions = y_pred
        error = ctx.error = ctx.empty("error", (y_pred.size,))
        np.subtract(y_pred.reshape(-1), y_true.reshape(-1), out=error, dtype=error.dtype)
        return _half_square(ctx, error)

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """dz = weight (z - t)."""
        column = ctx.empty("dy", (len(ctx.error), 1))
        np.multiply(ctx.error.reshape(-1, 1), scaled(ctx, weight, 1.0), out=column)
        return ctx.empty("dy", ctx.predictions.shape)

    def deceive(self, ctx: Context, z: np.ndarray) -> np.ndarray:
        """(z - 1)^2 / 2."""
        ctx.shape = z.shape
        ctx.error = np.subtract(z.reshape(-1), 1, out=ctx.empty("error", (z.size,)))
        return _half_square(ctx, ctx.error)

    def deceive_backward(self, ctx: Context, weight: float) -> np.ndarray:
        """dz = weight (z - 1)."""
        np.multiply(ctx.error, float(weight), out=ctx.empty("dy", ctx.error.shape))
        return ctx.empty("dy", ctx.shape)


def _half_square(ctx: Context, error: np.ndarray) -> np.ndarray:
    losses = np.square(error, out=ctx.empty("losses", error.shape))
    losses *= 0.5
    return losses
