"""Scaled dot-product attention over heads, a few samples at a time, so that their scores stay in cache."""

import numpy as np

from dlcli.kernels.choice import kernel

BLOCK = 131_072
"""Scores a block."""
FAR = -1e9
"""Added to the score of what must not be seen: its weight is then exactly 0 beside anything that may be."""
SMALL = 60
"""Scores below this, and above its negative, need no shift by the largest of their row: no sum of their exponentials
overflows, and none vanishes."""


@kernel
def attention_size(shape: tuple[int, ...], S: int) -> int:
    """Numbers of working memory that both passes need for q of that shape, (N, H, T, D), and S steps to look at."""
    _, H, T, D = shape
    return _block(shape, S) * H * T * (S + D + 1) + T * S + S


@kernel
def attention_forward(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, *, scale: float, out: np.ndarray, weights: np.ndarray,
    work: np.ndarray, ahead: np.ndarray | None = None, padding: np.ndarray | None = None,
    keep: np.ndarray | None = None,
) -> None:
    """out = (softmax(scale q k^T + ahead + padding) * keep) v, for every sample and head.

    `q`: (N, H, T, D), `k`, `v`: (N, H, S, D) and `out`: (N, H, T, D) may be views with any strides before the last
    axis. `weights`: (N, H, T, S) takes the softmax. `work`: `attention_size(q.shape, S)` numbers. `ahead`: (T, T) holds
    FAR for the steps after each one, else 0; `padding`: (N, 1, 1, S) holds 0 or FAR. `keep`: (N, H, T, S) are factors
    of dropout, for training alone.
    """
    (N, _, T, D), S = q.shape, k.shape[2]
    B = _block(q.shape, S)
    allowed, ones = work[:T * S].reshape(T, S), work[T * S:T * S + S].reshape(S, 1)
    ones.fill(1)
    if ahead is not None:
        np.equal(ahead, 0, out=allowed)
    for start in range(0, N, B):
        block = slice(start, min(start + B, N))
        w = weights[block]
        scores, r, scaled = _parts(work[T * S + S:], w.shape, D)
        np.matmul(np.multiply(q[block], scale, out=scaled), k[block].swapaxes(2, 3), out=w)
        if padding is None and _small(w.reshape(-1)):
            np.exp(w, w)
            if ahead is not None:
                np.multiply(w, allowed, w)
        else:
            if ahead is not None:
                np.add(w, ahead, w)
            if padding is not None:
                np.add(w, padding[block], w)
            np.maximum.reduce(w, axis=-1, keepdims=True, out=r)
            np.subtract(w, r, w)
            np.exp(w, w)
        np.matmul(w.reshape(-1, S), ones, out=r.reshape(-1, 1))
        np.reciprocal(r, r)
        np.multiply(w, r, w)
        if keep is not None:
            w = np.multiply(w, keep[block], out=scores)
        np.matmul(w, v[block], out=out[block])


@kernel
def attention_backward(
    dy: np.ndarray, q: np.ndarray, k: np.ndarray, v: np.ndarray, *, scale: float, y: np.ndarray, weights: np.ndarray,
    dq: np.ndarray, dk: np.ndarray, dv: np.ndarray, work: np.ndarray, causal: bool = False,
    keep: np.ndarray | None = None,
) -> None:
    """dq, dk and dv of dy: (N, H, T, D), given what `attention_forward` took and gave.

    Needs no softmax's sum over the scores: sum_s w_ts dw_ts = sum_d y_td dy_td. `causal`: all weights of steps after
    each one are 0, and need not be looked at.
    """
    (N, _, _, D), S = q.shape, k.shape[2]
    B = _block(q.shape, S)
    for start in range(0, N, B):
        block = slice(start, min(start + B, N))
        w, d = weights[block], dy[block]
        ds, r, scaled = _parts(work, w.shape, D)
        seen = w if keep is None else np.multiply(w, keep[block], out=ds)
        np.matmul(seen.swapaxes(2, 3), d, out=dv[block])
        np.matmul(d, v[block].swapaxes(2, 3), out=ds)
        if keep is not None:
            np.multiply(ds, keep[block], ds)
        np.vecdot(d, y[block], out=r[..., 0])
        np.subtract(ds, r, ds)
        np.multiply(ds, w, ds)
        np.multiply(np.matmul(ds, k[block], out=scaled), scale, out=dq[block])
        np.matmul(ds.swapaxes(2, 3), np.multiply(q[block], scale, out=scaled), out=dk[block])


def _block(shape: tuple[int, ...], S: int) -> int:
    """Samples a block."""
    N, H, T, _ = shape
    return min(N, max(1, BLOCK // (H * T * S)))


def _parts(work: np.ndarray, shape: tuple[int, ...], D: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Memory for scores (B, H, T, S), a number a row (B, H, T, 1), and as much as q (B, H, T, D)."""
    B, H, T, S = shape
    rows = B * H * T
    ends = rows * S, rows * (S + 1), rows * (S + 1 + D)
    scores, r, like_q = work[:ends[0]], work[ends[0]:ends[1]], work[ends[1]:ends[2]]
    return scores.reshape(shape), r.reshape(B, H, T, 1), like_q.reshape(B, H, T, D)


def _small(scores: np.ndarray) -> bool:
    """Whether all scores are; False where one is NaN."""
    return bool(np.maximum.reduce(scores) < SMALL and np.minimum.reduce(scores) > -SMALL)
