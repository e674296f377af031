"""The logistic function of logits and its cross-entropy in one pass, with one exponential."""

import math

import numpy as np

from dlcli.kernels.compiled._functions import exp
from dlcli.kernels.compiled._jit import jit


def binary_crossentropy(
    z: np.ndarray, targets: np.ndarray, *, p: np.ndarray, cross: np.ndarray, work: np.ndarray,
) -> None:
    """As its twin; needs no working memory."""
    _binary_crossentropy(z.reshape(-1), targets.reshape(-1), p.reshape(-1), cross.reshape(-1))


def binary_crossentropy_gradient(p: np.ndarray, targets: np.ndarray, *, scale: float, out: np.ndarray) -> np.ndarray:
    """As its twin."""
    _gradient(p.reshape(-1), targets.reshape(-1), scale, out.reshape(-1))
    return out


@jit()
def _binary_crossentropy(z, targets, p, cross):
    nothing, one = z.dtype.type(0), z.dtype.type(1)
    for i in range(z.size):
        e = exp(-abs(z[i]))
        share = one / (one + e)
        p[i] = e * share if z[i] < nothing else share
        cross[i] = (nothing if z[i] < nothing else z[i]) - z[i] * targets[i] + math.log1p(e)


@jit()
def _gradient(p, targets, scale, dz):
    factor = p.dtype.type(scale)
    for i in range(p.size):
        dz[i] = (p[i] - targets[i]) * factor
