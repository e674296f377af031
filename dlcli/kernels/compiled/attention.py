"""Attention: products of matrices, and one pass over the scores between them."""

import numpy as np

from dlcli.kernels.compiled._functions import exp, maximum
from dlcli.kernels.compiled._jit import jit


def attention_forward(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, *, out: np.ndarray, weights: np.ndarray, row: np.ndarray,
    ahead: np.ndarray | None = None, padding: np.ndarray | None = None, keep: np.ndarray | None = None,
    dropped: np.ndarray | None = None,
) -> None:
    """As its twin."""
    for start in range(0, len(q), len(row)):
        block = slice(start, min(start + len(row), len(q)))
        w = weights[block]
        np.matmul(q[block], k[block].swapaxes(2, 3), out=w)
        _softmax(w, ahead, None if padding is None else padding[block])
        if keep is not None and dropped is not None:
            w = np.multiply(w, keep[block], out=dropped[:len(w)])
        np.matmul(w, v[block], out=out[block])


def attention_backward(
    dy: np.ndarray, q: np.ndarray, k: np.ndarray, v: np.ndarray, *, y: np.ndarray, weights: np.ndarray,
    dq: np.ndarray, dk: np.ndarray, dv: np.ndarray, scores: np.ndarray, row: np.ndarray, work: np.ndarray,
    keep: np.ndarray | None = None,
) -> None:
    """As its twin."""
    for start in range(0, len(q), len(row)):
        block = slice(start, min(start + len(row), len(q)))
        w, d = weights[block], dy[block]
        ds = scores[:len(w)]
        seen = w if keep is None else np.multiply(w, keep[block], out=ds)
        np.matmul(seen.swapaxes(2, 3), d, out=dv[block])
        np.matmul(d, v[block].swapaxes(2, 3), out=ds)
        if keep is not None:
            np.multiply(ds, keep[block], ds)
        _softmax_back(ds, w, d, y[block])
        np.matmul(ds, k[block], out=dq[block])
        np.matmul(ds.swapaxes(2, 3), q[block], out=dk[block])


@jit(sums=True)
def _softmax(w, ahead, padding):
    N, H, T, S = w.shape
    for n in range(N):
        for h in range(H):
            for t in range(T):
                if ahead is not None:
                    for s in range(S):
                        w[n, h, t, s] += ahead[t, s]
                if padding is not None:
                    for s in range(S):
                        w[n, h, t, s] += padding[n, 0, 0, s]
                most = w[n, h, t, 0]
                for s in range(S):
                    most = maximum(most, w[n, h, t, s])
                for s in range(S):
                    w[n, h, t, s] = exp(w[n, h, t, s] - most)
                total = w.dtype.type(0)
                for s in range(S):
                    total += w[n, h, t, s]
                share = w.dtype.type(1) / total
                for s in range(S):
                    w[n, h, t, s] *= share


@jit(sums=True)
def _softmax_back(ds, w, dy, y):
    N, H, T, S = w.shape
    D = dy.shape[3]
    for n in range(N):
        for h in range(H):
            for t in range(T):
                along = w.dtype.type(0)
                for k in range(D):
                    along += dy[n, h, t, k] * y[n, h, t, k]
                for s in range(S):
                    ds[n, h, t, s] = (ds[n, h, t, s] - along) * w[n, h, t, s]
