"""cosine_similarity: whether vectors point the same way, however long they are."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.loss import Loss, check_numbers
from dlcli.core.target import Target
from dlcli.losses._targets import beside
from dlcli.losses._weights import mean_over_outputs, scaled

EPSILON = 1e-12


@dataclass(frozen=True, kw_only=True)
class CosineSimilarity(Loss):
    """L = -sum_k p_k t_k / (|p| |t|) over the last axis, its mean over the axes between: -1 is the same direction.

    y_pred: (N, ..., K), y_true of the same size, or integers (N, ...) of K classes, which count as one-hot rows. The
    squared lengths are taken as at least 1e-12, as in Keras: where y_true is 0 the loss is 0.
    """

    examples: ClassVar = (Example({}, (3,)), Example({}, (2, 3)))

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """As many outputs as target numbers."""
        check_numbers(out_shape, target)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        shape = y_pred.shape
        ctx.predictions = y_pred
        ctx.t, _ = _unit(ctx, "t", beside(ctx, y_pred, y_true))
        ctx.p, ctx.length = _unit(ctx, "p", y_pred)
        products = np.multiply(ctx.t, ctx.p, out=ctx.empty("dy", shape))
        ctx.cosine = np.add.reduce(products, axis=-1, keepdims=True, out=ctx.empty("cosine", (*shape[:-1], 1)))
        return mean_over_outputs(ctx, np.negative(ctx.cosine, out=ctx.empty("losses", ctx.cosine.shape)))

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """dp = weight (cosine p / |p| - t / |t|) / |p| over the number of positions."""
        shape = ctx.p.shape
        dy = np.multiply(ctx.cosine, ctx.p, out=ctx.empty("dy", shape))
        dy -= ctx.t
        dy /= ctx.length
        rows = dy.reshape(shape[0], -1)
        rows *= scaled(ctx, weight, shape[0] * shape[-1] / dy.size)
        return dy


def _unit(ctx: Context, name: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x / |x| over the last axis, and |x|."""
    unit = np.square(x, out=ctx.empty(name, x.shape))
    length = np.add.reduce(unit, axis=-1, keepdims=True, out=ctx.empty(f"{name} length", (*x.shape[:-1], 1)))
    np.maximum(length, EPSILON, out=length)
    np.sqrt(length, out=length)
    return np.divide(x, length, out=unit), length
