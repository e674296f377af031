"""categorical_hinge: the true class's score must lead all others by a margin."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.loss import Loss
from dlcli.core.target import Target
from dlcli.losses._categorical import check_categorical, rows_of_targets
from dlcli.losses._targets import labels_at
from dlcli.losses._weights import mean_over_outputs, scaled


@dataclass(frozen=True, kw_only=True)
class CategoricalHinge(Loss):
    """L = max(0, 1 + max_k((1 - y_true_k) z_k) - sum_k y_true_k z_k) over the scores z.

    y_pred: (N, ..., K) scores, y_true: integers (N, ...) from 0 to K - 1, or one-hot rows (N, ..., K). The loss of a
    sample is the mean over the axes between. As in Keras, the true class takes part in the maximum with a 0, so that
    other scores below 0 are as good as 0.
    """

    examples: ClassVar = (Example({}, (4,)), Example({}, (3, 5)))

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """One output a class."""
        check_categorical(self, out_shape, target)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        shape, K = y_pred.shape, y_pred.shape[-1]
        M = y_pred.size // K
        ctx.shape, ctx.predictions = shape, y_pred
        z = y_pred.reshape(M, K)
        label_at = None if y_true.shape == shape else labels_at(ctx, y_true, shape)
        ctx.targets = rows_of_targets(ctx, y_true, label_at, shape)
        work, others = ctx.empty("work", (M, K)), ctx.empty("dy", (M, K))
        np.multiply(ctx.targets, z, out=work)
        losses = np.add.reduce(work, axis=1, out=ctx.empty("losses", (M,)))
        np.subtract(z, work, out=others)
        ctx.rival = np.argmax(others, axis=1, out=ctx.empty("rival", (M,), np.intp))
        np.subtract(np.maximum.reduce(others, axis=1, out=ctx.empty("best", (M,))), losses, out=losses)
        losses += 1
        np.maximum(losses, 0, out=losses)
        ctx.wrong = np.greater(losses, 0, out=ctx.empty("wrong", (M,), bool))
        return mean_over_outputs(ctx, losses.reshape(shape[:-1]))

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """dz = weight ((1 - y_true) at the strongest rival, and -y_true), where the margin is not kept."""
        K, M = ctx.shape[-1], prod(ctx.shape[:-1])
        dy = np.negative(ctx.targets, out=ctx.empty("dy", (M, K)))
        ctx.rival += ctx.multiples(M, K)
        flat, at_rival, share = ctx.empty("dy", (M * K,)), ctx.empty("at rival", (M,)), ctx.empty("share", (M,))
        flat.take(ctx.rival, out=at_rival, mode="clip")
        np.add(at_rival, 1, out=share)  # 1 - y_true of the rival
        at_rival += share
        flat[ctx.rival] = at_rival
        dy *= ctx.wrong[:, None]
        ctx.rival -= ctx.multiples(M, K)
        rows = dy.reshape(ctx.shape[0], -1)
        rows *= scaled(ctx, weight, ctx.shape[0] / M)
        return dy.reshape(ctx.shape)
