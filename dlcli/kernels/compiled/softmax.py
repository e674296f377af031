"""Softmax over the last axis and its derivative, row by row in one go."""

import numpy as np

from dlcli.kernels.compiled._functions import exp, maximum
from dlcli.kernels.compiled._jit import jit


def softmax(
    x: np.ndarray, *, out: np.ndarray, peak: np.ndarray, total: np.ndarray, columns: np.ndarray | None = None,
) -> np.ndarray:
    """As its twin; needs no working memory."""
    _softmax(x, out, peak, total)
    return out


def softmax_backward(y: np.ndarray, dy: np.ndarray, *, out: np.ndarray, row: np.ndarray) -> np.ndarray:
    """As its twin; needs no working memory."""
    K = y.shape[-1]
    _softmax_backward(y.reshape(-1, K), dy.reshape(-1, K), out.reshape(-1, K))
    return out


@jit(sums=True)
def _softmax(x, y, peak, total):
    for n in range(x.shape[0]):
        most = x[n, 0]
        for k in range(x.shape[1]):
            most = maximum(most, x[n, k])
        sum_ = x.dtype.type(0)
        for k in range(x.shape[1]):
            y[n, k] = exp(x[n, k] - most)
        for k in range(x.shape[1]):
            sum_ += y[n, k]
        share = x.dtype.type(1) / sum_
        for k in range(x.shape[1]):
            y[n, k] *= share
        peak[n], total[n] = most, sum_


@jit(sums=True)
def _softmax_backward(y, dy, dx):
    for n in range(y.shape[0]):
        along = y.dtype.type(0)
        for k in range(y.shape[1]):
            along += dy[n, k] * y[n, k]
        for k in range(y.shape[1]):
            dx[n, k] = y[n, k] * (dy[n, k] - along)
