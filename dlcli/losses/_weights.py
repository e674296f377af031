"""How losses apply the weights of samples and average over the outputs of a sample."""

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


def mean_over_outputs(ctx: Context, terms: np.ndarray) -> np.ndarray:
    """Losses (N,): the mean of the terms (N, ...) of each sample, contiguous; places that are passed over become 0."""
    samples = len(terms)
    if ctx.passed_over is not None:
        np.copyto(terms.reshape(*ctx.passed_over.shape, -1), 0, where=ctx.passed_over[..., None])
    if terms.size == samples:
        return terms.reshape(samples)
    losses: np.ndarray = np.add.reduce(terms.reshape(samples, -1), axis=1, out=ctx.empty("mean", (samples,)))
    losses *= samples / terms.size
    return losses


def shared_out(ctx: Context, slopes: np.ndarray, weight: float | np.ndarray) -> np.ndarray:
    """`slopes`: (N, ...), contiguous, times the weight of each sample, in place: as `mean_over_outputs` wants it."""
    samples = len(slopes)
    rows = slopes.reshape(samples, -1)
    rows *= scaled(ctx, weight, samples / slopes.size)
    return slopes
