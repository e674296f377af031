"""Rows times a matrix and back, products and all, where registers are long: there BLAS is slower, and costs more calls.

A block of rows stays in the second cache while strip after strip of the matrix, laid side by side, goes by.
"""

import numpy as np

from dlcli.kernels.compiled._chain_products import multiply
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._products import strip, turn
from dlcli.kernels.compiled._tiles import LONG, columns_of, lanes_of
from dlcli.kernels.compiled._vectors import everywhere, load, store
from dlcli.kernels.linear import linear as forward_twin
from dlcli.kernels.linear import linear_gradient as backward_twin

IN_WORK = 196_608
"""Numbers of a block of rows."""
LARGE = 1 << 21
"""Numbers of x, W and y together from which on BLAS is faster."""


def linear(x: np.ndarray, W: np.ndarray, b: np.ndarray | None, *, out: np.ndarray, work: np.ndarray) -> np.ndarray:
    """As its twin."""
    if _suits(x, W, out):
        y = out.reshape(-1)
        _forward(x.reshape(-1), W.reshape(-1), y if b is None else b, b is not None, y, work, *x.shape, W.shape[1])
    else:
        forward_twin.plain(x, W, b, out=out, work=work)  # type: ignore[attr-defined]
    return out


def linear_gradient(
    x: np.ndarray, W: np.ndarray, dy: np.ndarray, *, dW: np.ndarray, db: np.ndarray | None, dx: np.ndarray | None,
    work: np.ndarray,
) -> None:
    """As its twin."""
    if _suits(x, W, dy):
        nothing = work[:0]
        _backward(
            x.reshape(-1), W.reshape(-1), dy.reshape(-1), dW.reshape(-1), nothing if db is None else db,
            nothing if dx is None else dx.reshape(-1), work, *x.shape, W.shape[1],
        )
    else:
        backward_twin.plain(x, W, dy, dW=dW, db=db, dx=dx, work=work)  # type: ignore[attr-defined]


def _suits(x: np.ndarray, W: np.ndarray, y: np.ndarray) -> bool:
    """Whether they are small enough, and lie in one piece each, in numbers of one kind."""
    return (
        LONG and x.size + W.size + y.size < LARGE and x.dtype == W.dtype == y.dtype
        and x.flags.c_contiguous and W.flags.c_contiguous and y.flags.c_contiguous
    )


@jit()
def _forward(x, W, b, biased, y, work, M, K, N):
    block, wide = _rows_in_work(K), columns_of(y)
    for m in range(0, M, block):
        for n in range(0, N, wide):
            multiply(
                y, m * N, b, 0 if biased else -1, x, m * K, K, W, 0, min(block, M - m), N, K, n, min(wide, N - n), work,
                0,
            )


@jit()
def _backward(x, W, dy, dW, db, dx, work, M, K, N):
    block, wide = _rows_in_work(max(K, N)), columns_of(dy)
    for m in range(0, max(1, M), block):  # of no rows at all the sums are 0
        rows = min(block, M - m)
        for n in range(0, N, wide):
            columns = min(wide, N - n)
            strip(dW, n, N, dW, n, N, m > 0, x, m * K, 1, K, dy, m * N + n, N, K, columns, rows, m == 0)
            if db.size:
                _add_rows(dy, m * N + n, rows, N, columns, db, n, m > 0)
        if dx.size:
            for k in range(0, K, wide):
                columns = min(wide, K - k)
                turn(W[k * N:], work, columns, N)
                strip(
                    dx, m * K + k, K, dx, 0, 0, False, dy, m * N, N, 1, work, 0, columns, rows, columns, N, True,
                )


@jit()
def _rows_in_work(columns):
    """Of that many numbers each; full tiles."""
    return max(24, IN_WORK // columns // 24 * 24)


@jit()
def _add_rows(dy, at, M, N, columns, db, n, add):
    """Sums of some columns of dy, those in db [added to]."""
    lanes, nothing = lanes_of(dy), dy.dtype.type(0)
    whole = columns // lanes * lanes
    for j in range(0, whole, lanes):
        total = load(db, n + j) if add else everywhere(nothing, load(db, n + j))
        for m in range(M):
            total = total + load(dy, at + m * N + j)
        store(total, db, n + j)
    for j in range(whole, columns):
        total = db[n + j] if add else nothing
        for m in range(M):
            total += dy[at + m * N + j]
        db[n + j] = total
