"""kl_divergence: how much one distribution of probabilities differs from another."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.loss import Loss, check_numbers
from dlcli.core.target import Target
from dlcli.losses._targets import beside
from dlcli.losses._weights import mean_over_outputs, scaled

EPSILON = 1e-7


@dataclass(frozen=True, kw_only=True)
class KlDivergence(Loss):
    """L = sum_k t_k log(t_k / p_k) over the last axis, its mean over the axes between.

    y_pred: (N, ..., K), y_true of the same size, probabilities both, clipped to [1e-7, 1] as in Keras; or y_true:
    integers (N, ...) of K classes, which count as one-hot rows. The Kullback-Leibler divergence of y_pred from y_true.
    Source: Kullback and Leibler, "On information and sufficiency", Annals of Mathematical Statistics 22, 1951.
    """

    examples: ClassVar = (Example({}, (3,)), Example({}, (2, 3)))

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """As many outputs as target numbers."""
        check_numbers(out_shape, target)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        shape = y_pred.shape
        ctx.predictions = y_pred
        ctx.targets = beside(ctx, y_pred, y_true)
        np.clip(ctx.targets, EPSILON, 1, out=ctx.targets)
        ctx.p = np.clip(y_pred, EPSILON, 1, out=ctx.empty("p", shape))
        terms = np.divide(ctx.targets, ctx.p, out=ctx.empty("terms", shape))
        np.log(terms, out=terms)
        terms *= ctx.targets
        return mean_over_outputs(ctx, np.add.reduce(terms, axis=-1, out=ctx.empty("sums", shape[:-1])))

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """dy_pred = -weight y_true / y_pred over the number of positions, 0 where clipped."""
        shape = ctx.p.shape
        dy = np.divide(ctx.targets, ctx.p, out=ctx.empty("dy", shape))
        dy *= np.equal(ctx.predictions, ctx.p, out=ctx.empty("inside", shape, bool))
        rows = dy.reshape(shape[0], -1)
        rows *= scaled(ctx, weight, -shape[0] * shape[-1] / dy.size)
        return dy
