"""Targets in the shape in which a loss works on them."""

from math import prod

import numpy as np

from dlcli.core.context import Context


def beside(ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    """A copy of y_true in the shape and dtype of y_pred: never broadcast.

    y_true has as many numbers as y_pred, or is one label for each row of outputs, which becomes a one-hot row.
    """
    targets = ctx.empty("targets", y_pred.shape)
    if y_true.size == y_pred.size:
        targets[...] = y_true.reshape(y_pred.shape)
    else:
        targets.fill(0)
        ctx.empty("targets", (y_pred.size,))[labels_at(ctx, y_true, y_pred.shape)] = 1
    return targets


def compared(ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    """As `beside`, but y_true itself where it has as many numbers: to be read only."""
    return y_true.reshape(y_pred.shape) if y_true.size == y_pred.size else beside(ctx, y_pred, y_true)


def labels_at(ctx: Context, y_true: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Where in the flat (M, K) each row's true class lies; the first class for rows that are passed over."""
    K, M = shape[-1], prod(shape[:-1])
    label_at = ctx.empty("label_at", (M,), np.intp)
    label_at[...] = y_true if y_true.ndim == 1 else y_true.reshape(M)
    if ctx.passed_over is not None:
        np.copyto(label_at, 0, where=ctx.passed_over.reshape(M))
    label_at += ctx.multiples(M, K)
    return label_at
