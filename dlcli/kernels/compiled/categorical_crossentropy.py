"""The softmax of logits and its cross-entropy, and their gradient, in one call each."""

import math

import numpy as np

from dlcli.kernels.categorical_crossentropy import categorical_crossentropy_gradient as gradient_twin
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled.softmax import _softmax


def categorical_crossentropy(
    z: np.ndarray, label_at: np.ndarray, *, p: np.ndarray, losses: np.ndarray, peak: np.ndarray, total: np.ndarray,
    picked: np.ndarray, columns: np.ndarray | None = None,
) -> None:
    """As its twin; needs no working memory."""
    _categorical_crossentropy(z, label_at, p, losses, peak, total)


def categorical_crossentropy_gradient(
    p: np.ndarray, label_at: np.ndarray, *, scale: float | np.ndarray, out: np.ndarray, picked: np.ndarray,
) -> None:
    """As its twin; needs no working memory where `scale` is a number."""
    if isinstance(scale, float):
        _gradient(p, label_at, scale, out)
    else:
        gradient_twin.plain(p, label_at, scale=scale, out=out, picked=picked)  # type: ignore[attr-defined]


@jit()
def _categorical_crossentropy(z, label_at, p, losses, peak, total):
    _softmax(z, p, peak, total)
    K = z.shape[1]
    for m in range(losses.size):
        label = min(max(label_at[m] - m * K, 0), K - 1)  # whatever comes in, no other memory is read
        losses[m] = math.log(total[m]) - (z[m, label] - peak[m])


@jit()
def _gradient(p, label_at, scale, out):
    from_, to, factor = p.reshape(-1), out.reshape(-1), p.dtype.type(scale)
    for i in range(to.size):
        to[i] = from_[i] * factor
    for m in range(label_at.size):
        to[min(max(label_at[m], 0), to.size - 1)] -= factor
