"""Attention, a head at a time: its scores, their softmax and what follows stay in the first cache."""

import numpy as np

from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._scores import add_far, along_row, softmax_back, softmax_of_rows
from dlcli.kernels.compiled._tiles import ROWS, columns_of, lanes_of, tile
from dlcli.kernels.compiled._vectors import everywhere, load, store


def attention_size(shape: tuple[int, ...], S: int) -> int:
    """As its twin."""
    _, _, T, D = shape
    return 2 * D * (S + T) + T * S + ROWS * (S + 1)


def attention_forward(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, *, scale: float, out: np.ndarray, weights: np.ndarray,
    work: np.ndarray, ahead: np.ndarray | None = None, padding: np.ndarray | None = None,
    keep: np.ndarray | None = None,
) -> None:
    """As its twin."""
    _forward(
        q, k, v, q.dtype.type(scale), out, weights.reshape(-1), work,
        None if ahead is None else ahead.reshape(-1), None if padding is None else padding.reshape(-1),
        None if keep is None else keep.reshape(-1), ahead is not None and padding is None,
    )


def attention_backward(
    dy: np.ndarray, q: np.ndarray, k: np.ndarray, v: np.ndarray, *, scale: float, y: np.ndarray, weights: np.ndarray,
    dq: np.ndarray, dk: np.ndarray, dv: np.ndarray, work: np.ndarray, causal: bool = False,
    keep: np.ndarray | None = None,
) -> None:
    """As its twin."""
    _backward(
        dy, q, k, v, q.dtype.type(scale), y, weights.reshape(-1), dq, dk, dv, work, causal,
        None if keep is None else keep.reshape(-1),
    )


@jit()
def _forward(q, k, v, scale, out, weights, work, ahead, padding, keep, causal):
    (N, H, T, D), S = q.shape, k.shape[2]
    wide, size = columns_of(work), q.itemsize
    q_row, out_row = q.strides[2] // size, out.strides[2] // size
    turned, values = work[:D * S], work[D * S:2 * D * S]
    row, dropped = work[2 * D * S:2 * D * S + ROWS], work[2 * D * S + ROWS:]
    for n in range(N):
        for h in range(H):
            _turn(k[n, h], scale, turned)
            _copy(v[n, h], work.dtype.type(1), values)
            begin = (n * H + h) * T * S
            for t in range(0, T, ROWS):
                rows, at = min(ROWS, T - t), begin + t * S
                width = _seen(t, rows, S, wide, causal)
                for s in range(0, width, wide):
                    tile(
                        weights, at + s, S, weights, 0, 0, False, q[n, h], t * q_row, q_row, 1, turned, s, S,
                        rows, min(wide, width - s), D,
                    )
                add_far(weights, at, S, rows, width, ahead, t * S, padding, n * S)
                softmax_of_rows(weights, at, S, rows, width, row)
                for i in range(rows):
                    for s in range(width, S):
                        weights[at + i * S + s] = 0
                shown, shown_at = weights, at
                if keep is not None:
                    for i in range(rows):
                        _multiply(weights, keep, at + i * S, width, dropped, i * S)
                    shown, shown_at = dropped, 0
                for d in range(0, D, wide):
                    tile(
                        out[n, h], t * out_row + d, out_row, out[n, h], 0, 0, False, shown, shown_at, S, 1,
                        values, d, D, rows, min(wide, D - d), width,
                    )


@jit()
def _backward(dy, q, k, v, scale, y, weights, dq, dk, dv, work, causal, keep):
    (N, H, T, D), S = q.shape, k.shape[2]
    wide, size = columns_of(work), q.itemsize
    dq_row, y_row = dq.strides[2] // size, y.strides[2] // size
    turned, keys = work[:D * S], work[D * S:2 * D * S]
    queries, ds = work[2 * D * S:2 * D * S + D * T], work[2 * D * (S + T):]
    d_out = work[2 * D * S + D * T:2 * D * (S + T)]
    for n in range(N):
        for h in range(H):
            _turn(v[n, h], work.dtype.type(1), turned)
            _copy(k[n, h], scale, keys)
            _copy(q[n, h], scale, queries)
            _copy(dy[n, h], work.dtype.type(1), d_out)
            begin = (n * H + h) * T * S
            if keep is None:
                _multiply_turned(weights, begin, T, S, d_out, dv[n, h], causal)
            else:
                for t in range(T):
                    _multiply(weights, keep, begin + t * S, S, ds, t * S)
                _multiply_turned(ds, 0, T, S, d_out, dv[n, h], causal)
            for t in range(0, T, ROWS):
                rows = min(ROWS, T - t)
                width = _seen(t, rows, S, wide, causal)
                for s in range(0, width, wide):
                    tile(
                        ds, t * S + s, S, ds, 0, 0, False, d_out, t * D, D, 1, turned, s, S,
                        rows, min(wide, width - s), D,
                    )
                for i in range(t, t + rows):
                    if keep is not None:
                        _scale(ds, i * S, keep, begin + i * S, width)
                    softmax_back(ds, i * S, weights, begin + i * S, width, along_row(d_out, i, D, y[n, h], y_row))
                for d in range(0, D, wide):
                    tile(
                        dq[n, h], t * dq_row + d, dq_row, dq[n, h], 0, 0, False, ds, t * S, S, 1, keys, d, D,
                        rows, min(wide, D - d), width,
                    )
            _multiply_turned(ds, 0, T, S, queries, dk[n, h], causal)


@jit()
def _seen(t, rows, S, wide, causal):
    """How many steps so many rows from the one at t on may see at most, in whole tiles."""
    return min(S, (t + rows + wide - 1) // wide * wide) if causal else S


@jit()
def _turn(x, scale, out):
    """x^T times scale for x: (T, D), into the first numbers of `out`."""
    T, D = x.shape
    for d in range(D):
        for t in range(T):
            out[d * T + t] = x[t, d] * scale


@jit()
def _copy(x, scale, out):
    """x times scale for x: (T, D), into the first numbers of `out`."""
    (T, D), lanes, row = x.shape, lanes_of(out), x.strides[0] // x.itemsize
    whole = D // lanes * lanes
    if T * D:
        factor = everywhere(scale, load(out, 0))
    for t in range(T):
        for d in range(0, whole, lanes):
            store(load(x, t * row + d) * factor, out, t * D + d)
        for d in range(whole, D):
            out[t * D + d] = x[t, d] * scale


@jit()
def _multiply_turned(a, at, T, S, b, out, causal):
    """out = a^T b for a: (T, S) and b: (T, D); where no step sees later ones, a is lower triangular."""
    D, row, wide = out.shape[1], out.strides[0] // out.itemsize, columns_of(b)
    for s in range(0, S, ROWS):
        t = s if causal else 0
        for d in range(0, D, wide):
            tile(
                out, s * row + d, row, out, 0, 0, False, a, at + t * S + s, 1, S, b, t * D + d, D,
                min(ROWS, S - s), min(wide, D - d), T - t,
            )


@jit()
def _scale(x, at, factors, factors_at, count):
    for s in range(count):
        x[at + s] *= factors[factors_at + s]


@jit()
def _multiply(a, b, at, count, out, to):
    for s in range(count):
        out[to + s] = a[at + s] * b[at + s]
