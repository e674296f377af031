"""x F(x) and its derivative, each in one pass."""

from math import pi, sqrt

import numpy as np

from dlcli.kernels.compiled._functions import erf, exp, tanh
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.gelu import CUBIC

ROOT, DENSITY, SLOPE = sqrt(0.5), 1 / sqrt(2 * pi), sqrt(2 / pi)


def gelu(x: np.ndarray, *, out: np.ndarray, share: np.ndarray, work: np.ndarray) -> np.ndarray:
    """As its twin; needs no working memory."""
    _gelu(x.reshape(-1), out.reshape(-1), share.reshape(-1), *map(x.dtype.type, (ROOT, 0.5, 1)))
    return out


def gelu_gradient(dy: np.ndarray, x: np.ndarray, share: np.ndarray, *, out: np.ndarray) -> np.ndarray:
    """As its twin."""
    _gelu_gradient(
        dy.reshape(-1), x.reshape(-1), share.reshape(-1), out.reshape(-1), *map(x.dtype.type, (-0.5, DENSITY)),
    )
    return out


def gelu_approximate(x: np.ndarray, *, out: np.ndarray, share: np.ndarray) -> np.ndarray:
    """As its twin."""
    _gelu_approximate(x.reshape(-1), out.reshape(-1), share.reshape(-1), *map(x.dtype.type, (SLOPE, CUBIC, 0.5, 1)))
    return out


def gelu_approximate_gradient(
    dy: np.ndarray, x: np.ndarray, share: np.ndarray, *, out: np.ndarray, work: np.ndarray,
) -> np.ndarray:
    """As its twin; needs no working memory."""
    _gelu_approximate_gradient(
        dy.reshape(-1), x.reshape(-1), share.reshape(-1), out.reshape(-1),
        *map(x.dtype.type, (2 * SLOPE, 3 * CUBIC, 1)),
    )
    return out


@jit()
def _gelu(x, y, share, root, half, one):
    for i in range(x.size):
        share[i] = half * (one + erf(x[i] * root))
        y[i] = x[i] * share[i]


@jit()
def _gelu_gradient(dy, x, share, dx, minus_half, density):
    for i in range(x.size):
        dx[i] = dy[i] * (share[i] + x[i] * density * exp(minus_half * x[i] * x[i]))


@jit()
def _gelu_approximate(x, y, share, slope, cubic, half, one):
    for i in range(x.size):
        share[i] = half * (one + tanh(slope * x[i] * (one + cubic * x[i] * x[i])))
        y[i] = x[i] * share[i]


@jit()
def _gelu_approximate_gradient(dy, x, share, dx, twice_slope, thrice_cubic, one):
    for i in range(x.size):
        inner = twice_slope * (one + thrice_cubic * x[i] * x[i])
        dx[i] = dy[i] * (share[i] + x[i] * inner * share[i] * (one - share[i]))
