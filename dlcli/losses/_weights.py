"""How a loss applies the weights of its samples."""

import numpy as np

from dlcli.core.context import Context


def scaled(ctx: Context, weight: float | np.ndarray, factor: float) -> float | np.ndarray:
    """`weight * factor` that multiplies an array of shape (N, outputs): a plain number, or a column (N, 1).

    A plain number because NumPy computes float32 with a float64 scalar of its own in float64.
    """
    if isinstance(weight, np.ndarray) and weight.ndim:
        column: np.ndarray = np.multiply(weight, factor, out=ctx.empty("weight", weight.shape)).reshape(-1, 1)
        return column
    return float(weight) * factor


def mean_over_positions(ctx: Context, losses: np.ndarray, samples: int) -> np.ndarray:
    """Losses (N,) as the mean of those of all positions (N * T,), or as they are where T is 1."""
    if len(losses) == samples:
        return losses
    out: np.ndarray = np.add.reduce(losses.reshape(samples, -1), axis=1, out=ctx.empty("mean", (samples,)))
    out *= samples / len(losses)
    return out
