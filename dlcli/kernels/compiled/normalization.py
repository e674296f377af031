"""Numbers brought to mean 0 and variance 1, each row or block in one go."""

import numpy as np

from dlcli.kernels.compiled._jit import jit


def standardize(x: np.ndarray, *, out: np.ndarray, inverse: np.ndarray, epsilon: float) -> np.ndarray:
    """As its twin."""
    _standardize(x, out, inverse[:, 0], x.dtype.type(epsilon), x.dtype.type(1 / x.shape[1]))
    return out


def standardize_gradient(
    dy: np.ndarray, y: np.ndarray, inverse: np.ndarray, *, out: np.ndarray, work: np.ndarray, means: np.ndarray,
) -> np.ndarray:
    """As its twin; needs no working memory."""
    _standardize_gradient(dy, y, inverse[:, 0], out, dy.dtype.type(1 / dy.shape[1]))
    return out


def scale_rows(x: np.ndarray, scale: np.ndarray, shift: np.ndarray | None, *, out: np.ndarray) -> np.ndarray:
    """As its twin."""
    K = scale.size
    rows, result = x.reshape(-1, K), out.reshape(-1, K)
    if shift is None:
        _scale(rows, scale.reshape(K), result)
    else:
        _scale_and_shift(rows, scale.reshape(K), shift.reshape(K), result)
    return out


def scale_rows_gradient(
    dy: np.ndarray, x: np.ndarray, *, dscale: np.ndarray | None, dshift: np.ndarray | None, work: np.ndarray,
) -> None:
    """As its twin; needs no working memory."""
    for total, other in ((dscale, x), (dshift, None)):
        if total is not None:
            total.fill(0)
            if other is None:
                _add_sums(dy, total)
            else:
                _add_products(dy, other, total)


def combine_rows(
    x: np.ndarray, a: np.ndarray, y: np.ndarray, b: np.ndarray, c: np.ndarray, *, out: np.ndarray, work: np.ndarray,
) -> np.ndarray:
    """As its twin; needs no working memory."""
    K = a.size
    _combine(*(z.reshape(-1, K) for z in (x, y)), a.reshape(K), b.reshape(K), c.reshape(K), out.reshape(-1, K))
    return out


def channel_sums(x: np.ndarray, *, out: np.ndarray, row: np.ndarray) -> np.ndarray:
    """As its twin; all sums are in float64."""
    out.fill(0)
    _add_sums(x.reshape(-1, x.shape[2]), out)
    return out


def channel_products(
    x: np.ndarray, mean: np.ndarray, y: np.ndarray | None, *, out: np.ndarray, row: np.ndarray, work: np.ndarray,
) -> np.ndarray:
    """As its twin; all sums are in float64."""
    C = x.shape[2]
    out.fill(0)
    rows = x.reshape(-1, C)
    if y is None:
        _add_squares(rows, mean[0], out)
    else:
        _add_centered_products(rows, mean[0], y.reshape(-1, C), out)
    return out


@jit(sums=True)
def _standardize(x, y, inverse, epsilon, share):
    for n in range(x.shape[0]):
        mean = x.dtype.type(0)
        for k in range(x.shape[1]):
            mean += x[n, k]
        mean *= share
        squares = x.dtype.type(0)
        for k in range(x.shape[1]):
            d = x[n, k] - mean
            squares += d * d
        scale = x.dtype.type(1) / np.sqrt(squares * share + epsilon)
        inverse[n] = scale
        for k in range(x.shape[1]):
            y[n, k] = (x[n, k] - mean) * scale


@jit(sums=True)
def _standardize_gradient(dy, y, inverse, dx, share):
    for n in range(dy.shape[0]):
        mean = along = dy.dtype.type(0)
        for k in range(dy.shape[1]):
            mean += dy[n, k]
            along += dy[n, k] * y[n, k]
        mean *= share
        along *= share
        for k in range(dy.shape[1]):
            dx[n, k] = (dy[n, k] - (y[n, k] * along + mean)) * inverse[n]


@jit()
def _scale(x, scale, y):
    for n in range(x.shape[0]):
        for k in range(x.shape[1]):
            y[n, k] = x[n, k] * scale[k]


@jit()
def _scale_and_shift(x, scale, shift, y):
    for n in range(x.shape[0]):
        for k in range(x.shape[1]):
            y[n, k] = x[n, k] * scale[k] + shift[k]


@jit()
def _combine(x, y, a, b, c, z):
    for n in range(x.shape[0]):
        for k in range(x.shape[1]):
            z[n, k] = x[n, k] * a[k] + y[n, k] * b[k] + c[k]


@jit()
def _add_sums(x, total):
    for n in range(x.shape[0]):
        for k in range(x.shape[1]):
            total[k] += x[n, k]


@jit()
def _add_products(x, y, total):
    for n in range(x.shape[0]):
        for k in range(x.shape[1]):
            total[k] += x[n, k] * y[n, k]


@jit()
def _add_squares(x, mean, total):
    for n in range(x.shape[0]):
        for k in range(x.shape[1]):
            d = x[n, k] - mean[k]
            total[k] += d * d


@jit()
def _add_centered_products(x, mean, y, total):
    for n in range(x.shape[0]):
        for k in range(x.shape[1]):
            total[k] += (x[n, k] - mean[k]) * y[n, k]
