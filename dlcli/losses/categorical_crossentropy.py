"""categorical_crossentropy: how little probability the true class got."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import Int, Rate
from dlcli.core.loss import Loss
from dlcli.core.target import Target
from dlcli.kernels.categorical_crossentropy import categorical_crossentropy, categorical_crossentropy_gradient
from dlcli.kernels.softmax import FEW, softmax
from dlcli.losses._categorical import (
    check_categorical,
    positions_of,
    rows_of_targets,
    shares,
    through_shares,
)
from dlcli.losses._targets import labels_at
from dlcli.losses._weights import mean_over_outputs, scaled


@dataclass(frozen=True, kw_only=True)
class CategoricalCrossentropy(Loss):
    """L = -sum_k y_true_k log p_k; with integer labels, minus the logarithm of the true class's probability.

    y_pred: (N, ..., K), y_true: integers (N, ...) from 0 to K - 1, or one-hot or soft rows (N, ..., K). The
    loss of a sample is the mean over the axes between. Where a softmax comes right before it, or with
    `from_logits: true`, it works on the logits z: L = log(sum_j exp(z_j - max z)) - (z - max z)_true,
    which neither overflows nor loses small probabilities; dL/dz = p - y_true. Otherwise y_pred is
    divided by its sum and clipped to [1e-7, 1 - 1e-7], as Keras does. `label_smoothing: s` replaces
    y_true by (1 - s) y_true + s / K. Integer labels are accepted too, for which Keras has a loss of its own:
    `sparse_categorical_crossentropy` is another name for this one. Positions of a sequence whose label is
    `ignore_class` count for nothing, so that the loss is the mean over all others of the batch; it need not be the
    number of a class, such as -1 for what only fills up.
    Source: smoothing: Szegedy et al., "Rethinking the Inception architecture", 2016, section 7.
    """

    link: ClassVar = "softmax"
    examples: ClassVar = (
        Example({}, (4,)),
        Example({"from_logits": True}, (10,)),
        Example({"from_logits": True, "label_smoothing": 0.1}, (3, 5)),
        Example({"label_smoothing": 0.2}, (3,)),
        Example({"from_logits": True}, (2, 25)),
        Example({"from_logits": True, "ignore_class": 0}, (3, 5)),
        Example({"label_smoothing": 0.1, "ignore_class": 2}, (4, 3)),
    )

    from_logits: bool = False
    label_smoothing: Rate = 0.0
    ignore_class: Int | None = None

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """One output a class."""
        check_categorical(self, out_shape, target)

    def ignored(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray | None:
        """Positions whose label is `ignore_class`."""
        return None if self.ignore_class is None else positions_of(ctx, y_true, y_pred.shape, self.ignore_class)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        K = y_pred.shape[-1]
        M = y_pred.size // K
        y = y_pred if y_pred.ndim == 2 else y_pred.reshape(M, K)
        soft = y_true.shape == y_pred.shape
        ctx.label_at = None if soft else labels_at(ctx, y_true, y_pred.shape)
        ctx.targets = None
        if soft or self.label_smoothing or not self.from_logits:
            ctx.targets = rows_of_targets(ctx, y_true, ctx.label_at, y_pred.shape, smoothing=self.label_smoothing)
        if not self.from_logits:
            ctx.predictions = y_pred
            logs = np.log(shares(ctx, y), out=ctx.empty("dy", y.shape))
            logs *= ctx.targets
            losses = np.add.reduce(logs, axis=1, out=ctx.empty("losses", (M,)))
            np.negative(losses, out=losses)
        else:
            peak, total = ctx.empty("peak", (M,)), ctx.empty("total", (M,))
            columns = ctx.empty("columns", (K, M)) if K <= FEW else None
            losses, picked, p = ctx.empty("losses", (M,)), ctx.empty("picked", (M,)), ctx.empty("p", (M, K))
            ctx.p, ctx.predictions = p, ctx.empty("p", y_pred.shape)
            if ctx.targets is None:
                categorical_crossentropy(
                    y, ctx.label_at, p=p, losses=losses, peak=peak, total=total, picked=picked, columns=columns,
                )
            else:
                softmax(y, out=p, peak=peak, total=total, columns=columns)
                np.log(total, out=losses)
                ctx.mass = np.add.reduce(ctx.targets, axis=1, keepdims=True, out=ctx.empty("mass", (M, 1)))
                losses *= ctx.mass[:, 0]
                shifted = np.subtract(y, peak[:, None], out=ctx.empty("dy", (M, K)))
                shifted *= ctx.targets
                losses -= np.add.reduce(shifted, axis=1, out=picked)
        ctx.shape = y_pred.shape
        return mean_over_outputs(ctx, losses.reshape(y_pred.shape[:-1]))

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """On logits weight (p - y_true); on probabilities the derivative of the clipped logarithm."""
        N, K, M = ctx.shape[0], ctx.shape[-1], prod(ctx.shape[:-1])
        scale = scaled(ctx, weight, N / M)
        dy = ctx.empty("dy", (N, M // N * K))
        if not self.from_logits:
            d_clipped = np.divide(ctx.targets, ctx.clipped, out=ctx.empty("d_clipped", (M, K)))
            np.negative(d_clipped, out=d_clipped)
            np.multiply(through_shares(ctx, d_clipped).reshape(dy.shape), scale, out=dy)
        elif ctx.targets is None:
            categorical_crossentropy_gradient(
                ctx.p, ctx.label_at, scale=scale, out=dy, picked=ctx.empty("picked", (M,)),
            )
        else:
            difference = np.multiply(ctx.p, ctx.mass, out=ctx.empty("dy", (M, K)))
            difference -= ctx.targets
            dy *= scale
        return ctx.empty("dy", ctx.shape)
