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
    if x.dtype == np.float32:
        _gelu(*_arrays(x, out, slope))
    else:
        _exact_gelu(*_arrays(x, out, slope), *map(x.dtype.type, (ROOT, -0.5, 0.5, 1, DENSITY)))
    return out


def gelu_approximate(x: np.ndarray, *, out: np.ndarray, slope: np.ndarray | None, work: np.ndarray) -> np.ndarray:
    """As its twin; needs no working memory."""
    _gelu_approximate(*_arrays(x, out, slope), *map(x.dtype.type, (2 * SLOPE, CUBIC, 1, 3)))
    return out


def _arrays(
    x: np.ndarray, out: np.ndarray, slope: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, bool | None]:
    """What the loops want: x and y, each in a row, and whether the slope is to overwrite x, or else None.

    So they see two arrays that do not overlap; and as None is another type, x may be one that can only be read.
    """
    if slope is None:
        return x.reshape(-1), out.reshape(-1), None
    if slope is not x:
        np.copyto(slope, x)
    return slope.reshape(-1), out.reshape(-1), True


@jit()
def _gelu(x, y, bent):
    for i in range(x.size):
        z = x[i]
        bell = exp(MINUS_HALF * z * z)
        size = abs(z)
        size = size if size < MOST else MOST  # NaN comes back with z
        tail = bell * C * ((size + P1) * size + P0) / (((size + Q2) * size + Q1) * size + Q0)
        share = tail if z < 0 else ONE - tail
        y[i] = z * share
        if bent is not None:
            x[i] = share + z * BELL * bell


@jit()
def _exact_gelu(x, y, bent, root, minus_half, half, one, density):
    for i in range(x.size):
        z = x[i]
        share = half * (one + erf(z * root))
        y[i] = z * share
        if bent is not None:
            x[i] = share + z * density * exp(minus_half * z * z)


@jit()
def _gelu_approximate(x, y, bent, twice, cubic, one, three):
    for i in range(x.size):
        z = x[i]
        square = z * z
        share = sigmoid(twice * z * (one + cubic * square))  # (1 + tanh) / 2 without cancellation
        y[i] = z * share
        if bent is not None:
            x[i] = share + twice * (one + three * cubic * square) * y[i] * (one - share)
