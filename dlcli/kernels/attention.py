"""Scaled dot-product attention over heads, a few samples at a time, so that their scores stay in cache."""

import numpy as np

from dlcli.kernels.choice import kernel

BLOCK = 65_536
"""Scores a block."""
FAR = -1e9
"""Added to the score of what must not be seen: its weight is then exactly 0 beside anything that may be."""


@kernel
def attention_forward(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, *, out: np.ndarray, weights: np.ndarray, row: np.ndarray,
    ahead: np.ndarray | None = None, padding: np.ndarray | None = None, keep: np.ndarray | None = None,
    dropped: np.ndarray | None = None,
) -> None:
    """out = (softmax(q k^T + ahead + padding) * keep) v, for every sample and head.

    `q`: (N, H, T, D), scaled beforehand, `k`, `v`: (N, H, S, D) and `out`: (N, H, T, D) may be views with any strides
    before the last axis: nothing is copied. `weights`: (N, H, T, S) takes the softmax; `row`: (B, H, T, 1) is working
    memory for a block of B samples. `ahead`: (T, S) and `padding`: (N, 1, 1, S) hold 0 or FAR. `keep`: (N, H, T, S)
    are factors of dropout, and `dropped`: (B, H, T, S) working memory, for training alone.
    """
    for start in range(0, len(q), len(row)):
        block = slice(start, min(start + len(row), len(q)))
        w = weights[block]
        r = row[:len(w)]
        np.matmul(q[block], k[block].swapaxes(2, 3), out=w)
        if ahead is not None:
            np.add(w, ahead, w)
        if padding is not None:
            np.add(w, padding[block], w)
        np.maximum.reduce(w, axis=-1, keepdims=True, out=r)
        np.subtract(w, r, w)
        np.exp(w, w)
        np.add.reduce(w, axis=-1, keepdims=True, out=r)
        np.reciprocal(r, r)
        np.multiply(w, r, w)
        if keep is not None and dropped is not None:
            w = np.multiply(w, keep[block], out=dropped[:len(w)])
        np.matmul(w, v[block], out=out[block])


@kernel
def attention_backward(
    dy: np.ndarray, q: np.ndarray, k: np.ndarray, v: np.ndarray, *, y: np.ndarray, weights: np.ndarray,
    dq: np.ndarray, dk: np.ndarray, dv: np.ndarray, scores: np.ndarray, row: np.ndarray, work: np.ndarray,
    keep: np.ndarray | None = None,
) -> None:
    """dq (of the scaled q), dk and dv of dy: (N, H, T, D), given what `attention_forward` took and gave.

    Needs no softmax's sum over the scores: sum_s w_ts dw_ts = sum_d y_td dy_td. Working memory for a block of B
    samples: `scores`: (B, H, T, S), `row`: (B, H, T, 1), `work`: (B, H, T, D).
    """
    for start in range(0, len(q), len(row)):
        block = slice(start, min(start + len(row), len(q)))
        w, d = weights[block], dy[block]
        ds, r, product = scores[:len(w)], row[:len(w)], work[:len(w)]
        seen = w if keep is None else np.multiply(w, keep[block], out=ds)
        np.matmul(seen.swapaxes(2, 3), d, out=dv[block])
        np.matmul(d, v[block].swapaxes(2, 3), out=ds)
        if keep is not None:
            np.multiply(ds, keep[block], ds)
        np.multiply(d, y[block], product)
        np.add.reduce(product, axis=-1, keepdims=True, out=r)
        np.subtract(ds, r, ds)
        np.multiply(ds, w, ds)
        np.matmul(ds, k[block], out=dq[block])
        np.matmul(ds.swapaxes(2, 3), q[block], out=dk[block])
