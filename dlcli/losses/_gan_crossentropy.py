"""The discriminator that both GAN losses made of logarithms have: a classifier by cross-entropy."""

from dataclasses import dataclass

import numpy as np

from dlcli.core.context import Context
from dlcli.core.fields import Rate
from dlcli.core.gan_loss import GanLoss
from dlcli.kernels.sigmoid import sigmoid
from dlcli.losses._weights import scaled


@dataclass(frozen=True, kw_only=True)
class GanCrossentropy(GanLoss):
    """L = log(1 + exp(z)) - t z, with t = 1 - `label_smoothing` for real samples and 0 for fakes."""

    label_smoothing: Rate = 0.0

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        ctx.predictions = y_pred
        z = ctx.z = y_pred.reshape(-1)
        targets = ctx.targets = ctx.empty("targets", z.shape)
        np.multiply(y_true.reshape(-1), 1 - self.label_smoothing, out=targets, casting="same_kind")
        losses = softplus(ctx, z)
        losses -= np.multiply(targets, z, out=ctx.empty("work", z.shape))
        return losses

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """dz = weight (sigmoid(z) - t)."""
        dz = sigmoid(ctx.z, out=ctx.empty("dy", ctx.z.shape))
        dz -= ctx.targets
        column = ctx.empty("dy", (len(dz), 1))
        column *= scaled(ctx, weight, 1.0)
        return ctx.empty("dy", ctx.predictions.shape)

    def belief(self, ctx: Context, z: np.ndarray) -> np.ndarray:
        """The probability sigmoid(z)."""
        return sigmoid(z, out=ctx.empty("belief", z.shape))


def softplus(ctx: Context, z: np.ndarray) -> np.ndarray:
    """log(1 + exp(z)) = max(z, 0) + log1p(exp(-|z|)), which neither overflows nor loses small values."""
    out = np.abs(z, out=ctx.empty("softplus", z.shape))
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.log1p(out, out=out)
    out += np.maximum(z, 0, out=ctx.empty("work", z.shape))
    return out
