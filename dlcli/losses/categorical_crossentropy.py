"""categorical_crossentropy: how little probability the true class got."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import Rate
from dlcli.core.loss import Loss
from dlcli.core.target import Target
from dlcli.errors import ShapeError
from dlcli.kernels.softmax import FEW, softmax
from dlcli.losses._weights import mean_over_outputs, scaled

EPSILON = 1e-7


@dataclass(frozen=True, kw_only=True)
class CategoricalCrossentropy(Loss):
    """L = -sum_k y_true_k log p_k; with integer labels, minus the logarithm of the true class's probability.

    y_pred: (N, ..., K), y_true: integers (N, ...) from 0 to K - 1, or one-hot or soft rows (N, ..., K). The
    loss of a sample is the mean over the axes between. Where a softmax comes right before it, or with
    `from_logits: true`, it works on the logits z: L = log(sum_j exp(z_j - max z)) - (z - max z)_true,
    which neither overflows nor loses small probabilities; dL/dz = p - y_true. Otherwise y_pred is
    divided by its sum and clipped to [1e-7, 1 - 1e-7], as Keras does. `label_smoothing: s` replaces
    y_true by (1 - s) y_true + s / K. Integer labels are accepted too, for which Keras has a loss of its own.
    Source: smoothing: Szegedy et al., "Rethinking the Inception architecture", 2016, section 7.
    """

    link: ClassVar = "softmax"
    examples: ClassVar = (
        Example({}, (4,)),
        Example({"from_logits": True}, (10,)),
        Example({"from_logits": True, "label_smoothing": 0.1}, (3, 5)),
        Example({"label_smoothing": 0.2}, (3,)),
        Example({"from_logits": True}, (2, 25)),
    )

    from_logits: bool = False
    label_smoothing: Rate = 0.0

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """One output a class."""
        if target.kind != "classes":
            raise ShapeError(
                "categorical_crossentropy compares probabilities with classes, but the targets are numbers",
                hint="use `loss: mse` or `loss: mae`, or a data set whose targets are classes",
            )
        wanted = (*target.shape, target.classes)
        if out_shape == wanted and target.classes > 1:
            return
        units = f"{{type: dense, units: {target.classes}, activation: softmax}}"
        if target.classes == 2 and prod(out_shape) == 1:
            hint = f"end with {units}, or use `loss: binary_crossentropy`"
        elif len(out_shape) > len(wanted):
            hint = f"put `flatten` before the last dense layer, and end with {units}"
        else:
            hint = f"end with {units}"
        raise ShapeError(
            f"categorical_crossentropy needs one output for each of the {target.classes} classes, shape {wanted}; "
            f"the model's output has shape {out_shape}", hint=hint,
        )

    def forward(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        K = y_pred.shape[-1]
        M = y_pred.size // K
        y = y_pred if y_pred.ndim == 2 else y_pred.reshape(M, K)
        soft = y_true.shape == y_pred.shape
        ctx.label_at = None if soft else _label_at(ctx, y_true, M, K)
        ctx.targets = self._targets(ctx, y_true, M, K) if soft or self.label_smoothing or not self.from_logits else None
        if not self.from_logits:
            ctx.predictions = y_pred
            losses = _of_probabilities(ctx, y, ctx.targets)
        else:
            peak, total = ctx.empty("peak", (M,)), ctx.empty("total", (M,))
            columns = ctx.empty("columns", (K, M)) if K <= FEW else None
            ctx.p = softmax(y, out=ctx.empty("p", (M, K)), peak=peak, total=total, columns=columns)
            ctx.predictions = ctx.empty("p", y_pred.shape)
            losses = np.log(total, out=ctx.empty("losses", (M,)))
            picked = ctx.empty("picked", (M,))
            if ctx.targets is None:
                y.take(ctx.label_at, out=picked, mode="clip")
                picked -= peak
            else:
                ctx.mass = np.add.reduce(ctx.targets, axis=1, keepdims=True, out=ctx.empty("mass", (M, 1)))
                losses *= ctx.mass[:, 0]
                shifted = np.subtract(y, peak[:, None], out=ctx.empty("dy", (M, K)))
                shifted *= ctx.targets
                np.add.reduce(shifted, axis=1, out=picked)
            losses -= picked
        ctx.shape = y_pred.shape
        return losses if y_pred.ndim == 2 else mean_over_outputs(ctx, losses.reshape(len(y_pred), -1))

    def backward(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """On logits weight (p - y_true); on probabilities the derivative of the clipped logarithm."""
        N, K, M = ctx.shape[0], ctx.shape[-1], prod(ctx.shape[:-1])
        scale = scaled(ctx, weight, N / M)
        dy = ctx.empty("dy", (N, M // N * K))
        if not self.from_logits:
            np.multiply(_by_probabilities(ctx, M, K).reshape(dy.shape), scale, out=dy)
        elif ctx.targets is None:
            np.multiply(ctx.p.reshape(dy.shape), scale, out=dy)
            flat, at_label = ctx.empty("dy", (M * K,)), ctx.empty("picked", (M,))
            flat.take(ctx.label_at, out=at_label, mode="clip")
            rows = at_label.reshape(N, -1)
            rows -= scale
            flat[ctx.label_at] = at_label
        else:
            difference = np.multiply(ctx.p, ctx.mass, out=ctx.empty("dy", (M, K)))
            difference -= ctx.targets
            dy *= scale
        return ctx.empty("dy", ctx.shape)

    def _targets(self, ctx: Context, y_true: np.ndarray, M: int, K: int) -> np.ndarray:
        """y_true as smoothed rows (M, K)."""
        targets = ctx.empty("targets", (M, K))
        smoothing = self.label_smoothing
        if ctx.label_at is None:
            targets[...] = y_true.reshape(M, K)
            targets *= 1 - smoothing
            targets += smoothing / K
        else:
            targets.fill(smoothing / K)
            ctx.empty("targets", (M * K,))[ctx.label_at] = 1 - smoothing + smoothing / K
        return targets


def _label_at(ctx: Context, y_true: np.ndarray, M: int, K: int) -> np.ndarray:
    """Where in the flat (M, K) each row's true class lies."""
    starts = ctx.empty("starts", (M,), np.intp)
    if starts[-1] != (M - 1) * K:  # new memory is zero; filled once, then kept
        starts[...] = np.arange(0, M * K, K)
    label_at = ctx.empty("label_at", (M,), np.intp)
    label_at[...] = y_true if y_true.ndim == 1 else y_true.reshape(M)
    label_at += starts
    return label_at


def _of_probabilities(ctx: Context, y: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """-sum(targets log clip(y / sum y)) of each row; keeps the parts."""
    ctx.sum = np.add.reduce(y, axis=1, keepdims=True, out=ctx.empty("sum", (len(y), 1)))
    np.maximum(ctx.sum, EPSILON, out=ctx.sum)
    ctx.share = np.divide(y, ctx.sum, out=ctx.empty("share", y.shape))
    ctx.clipped = np.clip(ctx.share, EPSILON, 1 - EPSILON, out=ctx.empty("clipped", y.shape))
    terms = np.log(ctx.clipped, out=ctx.empty("dy", y.shape))
    terms *= targets
    losses = np.add.reduce(terms, axis=1, out=ctx.empty("losses", (len(y),)))
    return np.negative(losses, out=losses)


def _by_probabilities(ctx: Context, M: int, K: int) -> np.ndarray:
    """Derivative of `_of_probabilities` with respect to y: nothing comes through where the clip holds."""
    d_share = np.divide(ctx.targets, ctx.clipped, out=ctx.empty("d_share", (M, K)))
    d_share *= np.equal(ctx.share, ctx.clipped, out=ctx.empty("inside", (M, K), bool))
    inner = np.multiply(d_share, ctx.share, out=ctx.empty("work", (M, K)))
    row = np.add.reduce(inner, axis=1, keepdims=True, out=ctx.empty("row", (M, 1)))
    np.subtract(row, d_share, out=d_share)
    d_share /= ctx.sum
    return d_share
