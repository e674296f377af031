"""Layer normalization, a row after the other."""

import numpy as np

from dlcli.kernels.compiled._jit import jit


def normalize_rows(
    x: np.ndarray, gamma: np.ndarray | None, beta: np.ndarray | None, *, out: np.ndarray, rows: np.ndarray,
    inverse: np.ndarray, work: np.ndarray, epsilon: float, center: bool = True,
) -> np.ndarray:
    """As its twin; needs no working memory."""
    kind = x.dtype.type
    _normalize(x, gamma, beta, out, rows, inverse[:, 0], kind(epsilon), kind(1 / x.shape[1]), center)
    return out


def normalize_rows_gradient(
    dy: np.ndarray, rows: np.ndarray, inverse: np.ndarray, gamma: np.ndarray | None, *, out: np.ndarray | None,
    dgamma: np.ndarray | None, dbeta: np.ndarray | None, work: np.ndarray, means: np.ndarray, center: bool = True,
) -> None:
    """As its twin; `work` stays as it is."""
    dx, share = means[0, :0] if out is None else out, dy.dtype.type(1 / dy.shape[1])
    _gradient(dy, rows, inverse[:, 0], gamma, dx, dgamma, dbeta, means, share, center, out is not None)


@jit(sums=True)
def _normalize(x, gamma, beta, out, rows, inverse, epsilon, share, center):
    R, K = x.shape
    for n in range(R):
        mean = squares = x.dtype.type(0)
        if center:
            for k in range(K):
                mean += x[n, k]
            mean *= share
        for k in range(K):
            d = x[n, k] - mean
            squares += d * d
        scale = x.dtype.type(1) / np.sqrt(squares * share + epsilon)
        inverse[n] = scale
        for k in range(K):
            y = (x[n, k] - mean) * scale
            rows[n, k] = y
            if gamma is not None:
                y *= gamma[k]
            if beta is not None:
                y += beta[k]
            if gamma is not None or beta is not None:
                out[n, k] = y


@jit(sums=True)
def _gradient(dy, rows, inverse, gamma, dx, dgamma, dbeta, means, share, center, wanted):
    R, K = dy.shape
    if dgamma is not None:
        dgamma[:] = 0
    if dbeta is not None:
        dbeta[:] = 0
    for n in range(R):
        mean = along = dy.dtype.type(0)
        for k in range(K):
            d, product = dy[n, k], dy[n, k] * rows[n, k]
            if dgamma is not None:
                dgamma[k] += product
            if dbeta is not None:
                dbeta[k] += d
            if gamma is not None:
                d, product = d * gamma[k], product * gamma[k]
            mean += d
            along += product
        mean = mean * share if center else dy.dtype.type(0)
        along *= share
        means[0, n, 0], means[1, n, 0] = mean, along  # also where nobody reads them: the sums have the same bits then
        if wanted:
            for k in range(K):
                d = dy[n, k] if gamma is None else dy[n, k] * gamma[k]
                dx[n, k] = (d - (rows[n, k] * along + mean)) * inverse[n]
