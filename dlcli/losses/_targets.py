"""Targets in the shape in which a loss works on them."""

import numpy as np

from dlcli.core.context import Context


def beside(ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    """A copy of y_true, of shape (N,), (N, 1) or as y_pred, in the shape and dtype of y_pred: never broadcast."""
    targets = ctx.empty("targets", y_pred.shape)
    targets[...] = y_true.reshape(y_pred.shape)
    return targets
