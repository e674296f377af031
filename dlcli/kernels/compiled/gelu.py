"""x F(x) and its derivative, in one pass."""

from math import erf, pi, sqrt

import numpy as np

from dlcli.kernels.compiled._functions import exp, sigmoid
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.gelu import ABOVE, BELOW, CUBIC, DENSITY, FACTOR, LIMIT

ROOT, SLOPE = sqrt(0.5), sqrt(2 / pi)
P1, P0, Q2, Q1, Q0, C = (np.float32(c) for c in (*ABOVE, *BELOW, FACTOR))
MOST, BELL, MINUS_HALF, ONE = (np.float32(c) for c in (LIMIT, DENSITY, -0.5, 1))


def gelu(x: np.ndarray, *, out: np.ndarray, slope: np.ndarray | None, work: np.ndarray) -> np.ndarray:
    """As its twin; needs no working memory."""
    arrays = x.reshape(-1), out.reshape(-1), None if slope is None else slope.reshape(-1)
    if x.dtype == np.float32:
        _gelu(*arrays)
    else:
        _exact_gelu(*arrays, *map(x.dtype.type, (ROOT, -0.5, 0.5, 1, DENSITY)))
    return out


def gelu_approximate(x: np.ndarray, *, out: np.ndarray, slope: np.ndarray | None, work: np.ndarray) -> np.ndarray:
    """As its twin; needs no working memory."""
    arrays = x.reshape(-1), out.reshape(-1), None if slope is None else slope.reshape(-1)
    _gelu_approximate(*arrays, *map(x.dtype.type, (2 * SLOPE, CUBIC, 1, 3)))
    return out


@jit()
def _gelu(x, y, slope):
    for i in range(x.size):
        bell = exp(MINUS_HALF * x[i] * x[i])
        size = abs(x[i])
        size = size if size < MOST else MOST  # NaN comes back with x
        tail = bell * C * ((size + P1) * size + P0) / (((size + Q2) * size + Q1) * size + Q0)
        share = tail if x[i] < 0 else ONE - tail
        y[i] = x[i] * share
        if slope is not None:
            slope[i] = share + x[i] * BELL * bell


@jit()
def _exact_gelu(x, y, slope, root, minus_half, half, one, density):
    for i in range(x.size):
        share = half * (one + erf(x[i] * root))
        y[i] = x[i] * share
        if slope is not None:
            slope[i] = share + x[i] * density * exp(minus_half * x[i] * x[i])


@jit()
def _gelu_approximate(x, y, slope, twice, cubic, one, three):
    for i in range(x.size):
        square = x[i] * x[i]
        share = sigmoid(twice * x[i] * (one + cubic * square))  # (1 + tanh) / 2 without cancellation
        y[i] = x[i] * share
        if slope is not None:
            slope[i] = share + twice * (one + three * cubic * square) * y[i] * (one - share)
