"""Convolution of images as products of matrices, micro-batch by micro-batch, and its derivatives.

x: (N, H, W, C), W: (KH, KW, C, F) with F filters, y: (N, OH, OW, F). As everywhere in deep learning the window is not
turned round: y[n, p, q] = sum over i, j of x[n, p + i, q + j] W[i, j] + b. Arrays may be every so many channels of
larger ones. `work` is a vector of working memory, at least as long as the function of
the same name with `_size` says.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlcli.kernels.choice import kernel
from dlcli.kernels.im2col import BLOCK, Window, columns, columns_size, cuts, meetings, reach


def conv2d_size(shape: tuple[int, ...], W: np.ndarray, window: Window) -> int:
    """Working memory for x of that shape."""
    return columns_size(shape, window) + W.size + W.shape[3]


def conv2d(
    x: np.ndarray, W: np.ndarray, b: np.ndarray | None, *, out: np.ndarray, work: np.ndarray, window: Window,
) -> np.ndarray:
    """y of x into `out`."""
    F = W.shape[3]
    weights = W.reshape(-1, F)
    ones = b is not None and not window.pointwise
    if ones:  # the bias as one more row of weights: a pass over y less
        K = len(weights)
        extended, work = work[:(K + 1) * F].reshape(K + 1, F), work[(K + 1) * F:]
        extended[:K], extended[K] = weights, b
        weights = extended
    for cut, cols in columns(x, window, work=work, ones=ones):
        y = out[cut]
        np.matmul(cols, weights, out=y.reshape(-1, F))
        if b is not None and not ones:
            np.add(y, b, y)
    return out


def conv2d_kernel_gradient_size(shape: tuple[int, ...], W: np.ndarray, window: Window) -> int:
    """Working memory for x of that shape."""
    return columns_size(shape, window) + W.size + W.shape[3] + window.positions(shape)[1] * W.shape[3]


def conv2d_kernel_gradient(
    x: np.ndarray, dy: np.ndarray, *, dW: np.ndarray, db: np.ndarray | None, work: np.ndarray, window: Window,
) -> None:
    """dW = sum of windows of x times dy, db = sum of dy."""
    OW, F = dy.shape[2:]
    dW2 = dW.reshape(-1, F)
    K = len(dW2)
    ones = db is not None and not window.pointwise
    part, work = work[:(K + ones) * F].reshape(K + ones, F), work[(K + ones) * F:]
    row, work = work[:OW * F], work[OW * F:]
    dW2.fill(0)
    if db is not None:
        db.fill(0)
    for cut, cols in columns(x, window, work=work, ones=ones):
        d = dy[cut]
        np.matmul(cols.T, d.reshape(-1, F), out=part)
        np.add(dW2, part[:K], dW2)
        if db is not None and ones:
            np.add(db, part[K], db)
        elif db is not None:
            sum_positions(d, out=db, row=row, add=True)


def sum_positions(d: np.ndarray, *, out: np.ndarray, row: np.ndarray, add: bool = False) -> None:
    """Sum of d: (n, OH, OW, F) over all positions into `out`: (F,), or onto it; `row`: (OW * F,) is working memory."""
    OW, F = d.shape[2:]
    rows = row.reshape(OW, F)
    np.add.reduce(d, axis=(0, 1), out=rows)  # long runs first
    if add:
        np.add(rows[0], out, rows[0])
    np.add.reduce(rows, axis=0, out=out)


@kernel
def conv2d_input_gradient_size(shape: tuple[int, ...], W: np.ndarray, window: Window) -> int:
    """Working memory for x of that shape."""
    if window.pointwise:
        return 0
    N, _, width, C = shape
    OH, OW = window.positions(shape)
    KH, KW, _, F = W.shape
    if not _by_rows(window, OW, width):
        each = OH * OW * KH * KW * C
        return each * max(1, min(N, BLOCK // each))
    each = OH * width * KW * F
    n = max(1, min(N, BLOCK // each))
    return W.size + n * (each + OH * (width + (KW - 1) * window.dilation[1]) * F + OH * width * C)


def _by_rows(window: Window, OW: int, width: int) -> bool:
    """Whether rows of dy are wide enough for products over whole rows of x to pay."""
    return window.strides[1] == 1 and width <= 2 * OW


@kernel
def conv2d_input_gradient(
    dy: np.ndarray, W: np.ndarray, *, out: np.ndarray, work: np.ndarray, window: Window,
) -> np.ndarray:
    """dx of dy into `out`."""
    C, F = W.shape[2:]
    if window.pointwise:
        for cut in cuts(len(dy), dy[0].size):
            np.matmul(dy[cut].reshape(-1, F), W.reshape(C, F).T, out=out[cut].reshape(-1, C))
    elif _by_rows(window, dy.shape[2], out.shape[2]):
        _input_gradient_by_rows(dy, W, out=out, work=work, window=window)
    else:
        _input_gradient_by_places(dy, W, out=out, work=work, window=window)
    return out


def _input_gradient_by_places(
    dy: np.ndarray, W: np.ndarray, *, out: np.ndarray, work: np.ndarray, window: Window,
) -> None:
    """dx as a sum over the places of the window: one product for all places, then a strided addition for each."""
    KH, KW, C, F = W.shape
    OH, OW = dy.shape[1:3]
    K = KH * KW * C
    met = meetings(window, (OH, OW), (out.shape[1], out.shape[2]))
    for cut in cuts(len(dy), OH * OW * K):
        M = (cut.stop - cut.start) * OH * OW
        dx, dcols = out[cut], work[:M * K]
        np.matmul(dy[cut].reshape(M, F), W.reshape(K, F).T, out=dcols.reshape(M, K))
        places = dcols.reshape(-1, OH, OW, KH * KW, C)
        dx.fill(0)
        for place, (at, to) in enumerate(met):
            np.add(dx[to], places[:, :, :, place][at], dx[to])


def _input_gradient_by_rows(
    dy: np.ndarray, W: np.ndarray, *, out: np.ndarray, work: np.ndarray, window: Window,
) -> None:
    """dx as a sum over the rows of the window: a correlation along columns, added a whole row of x at a time.

    Where columns do not skip this adds KW times fewer numbers than one addition a place.
    """
    KH, KW, C, F = W.shape
    N, OH, OW = dy.shape[:3]
    H, width = out.shape[1:3]
    spread = (KW - 1) * window.dilation[1]
    left = spread - window.before[1]
    n = next(cuts(N, OH * width * KW * F)).stop
    turned, work = work[:W.size].reshape(KH, KW * F, C), work[W.size:]
    np.copyto(turned.reshape(KH, KW, F, C), W[:, ::-1].transpose(0, 1, 3, 2))
    size = n * OH * (width + spread) * F
    bordered, work = work[:size].reshape(n, OH, width + spread, F), work[size:]
    bordered.fill(0)
    a, b, c, d = bordered.strides
    view = as_strided(bordered, (n, OH, width, KW, F), (a, b, c, c * window.dilation[1], d), writeable=False)
    for cut in cuts(N, OH * width * KW * F):
        n = cut.stop - cut.start
        M = n * OH * width
        cols, dx = work[:M * KW * F], out[cut]
        rows = work[M * KW * F:M * (KW * F + C)]
        np.copyto(bordered[:n, :, left:left + OW], dy[cut])
        np.copyto(cols.reshape(n, OH, width, KW, F), view[:n])
        dx.fill(0)
        for i in range(KH):
            at, to = reach(window, 0, i, OH, H)
            np.matmul(cols.reshape(M, KW * F), turned[i], out=rows.reshape(M, C))
            np.add(dx[:, to], rows.reshape(n, OH, width, C)[:, at], dx[:, to])
