"""As `depthwise`, where windows go step by step and each channel has one filter: whole rows of images at a time.

x: (N, H, W, C), W: (KH, KW, C), y: (N, OH, OW, C). Multiplication and addition are one pass here (einsum), over rows of
OW C numbers, in which every place in the window meets a row of x at its own offset. `work` is a vector of working
memory, at least as long as `rows_size` says.
"""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlcli.kernels.choice import kernel
from dlcli.kernels.im2col import Pair, Window, cuts

BLOCK = 131_072
"""Numbers of a bordered image that are worked on at a time."""


def applies(W: np.ndarray, window: Window) -> bool:
    """Whether W: (KH, KW, C, M) and the window are of the kind described above."""
    return window.strides == (1, 1) and W.shape[3] == 1


def rows_size(shape: tuple[int, ...], window: Window) -> int:
    """Working memory for x of that shape, forward and back."""
    N, H, W, C = shape
    KH, KW = window.size
    OH, OW = window.positions(shape)
    H, W = max(H, OH), max(W, OW)
    each = (H + (KH - 1) * window.dilation[0]) * (W + (KW - 1) * window.dilation[1]) * C
    return min(N * each, max(BLOCK, each)) + KH * KW * W * C


@kernel
def correlate(
    x: np.ndarray, W: np.ndarray, *, out: np.ndarray, work: np.ndarray, dilation: Pair, before: Pair,
) -> np.ndarray:
    """y of x into `out`, with a border of `before` rows and columns of nothing, and as many after as it takes."""
    KH, KW, C = W.shape
    OH, OW = out.shape[1:3]
    repeated, work = work[:W.size * OW].reshape(KH, KW, OW * C), work[W.size * OW:]
    np.copyto(repeated.reshape(KH, KW, OW, C), W[:, :, None])
    for cut, view in _views(x, (OH, OW), (KH, KW), work, dilation, before):
        np.einsum("npijk,ijk->npk", view, repeated, out=out[cut].reshape(-1, OH, OW * C))
    return out


@kernel
def correlate_kernel_gradient(
    x: np.ndarray, dy: np.ndarray, *, dW: np.ndarray, work: np.ndarray, dilation: Pair, before: Pair,
) -> None:
    """dW = sum over all positions of x times dy."""
    KH, KW, C = dW.shape
    OH, OW = dy.shape[1:3]
    row, work = work[:OW * C], work[OW * C:]
    rows = row.reshape(OW, C)
    dW.fill(0)
    for cut, view in _views(x, (OH, OW), (KH, KW), work, dilation, before):
        d = dy[cut].reshape(-1, OH, OW * C)
        for i in range(KH):
            for j in range(KW):
                np.einsum("npk,npk->k", view[:, :, i, j], d, out=row)
                dW[i, j] += np.add.reduce(rows, axis=0, out=rows[0])


def input_border(window: Window) -> Pair:
    """The border with which dx is the correlation of dy with the window turned round."""
    top, left = (
        (k - 1) * d - b for k, d, b in zip(window.size, window.dilation, window.before, strict=True)
    )
    return top, left


def _views(
    x: np.ndarray, positions: Pair, size: Pair, work: np.ndarray, dilation: Pair, before: Pair,
) -> Iterator[tuple[slice, np.ndarray]]:
    """A micro-batch at a time: which samples, and the rows that they show to the window, (n, OH, KH, KW, OW * C)."""
    (OH, OW), (KH, KW), (dh, dw), (top, left) = positions, size, dilation, before
    N, H, W, C = x.shape
    height, width = OH + (KH - 1) * dh, OW + (KW - 1) * dw
    H, W = min(H, height - top), min(W, width - left)  # what lies beyond is met by no window
    pieces = list(cuts(N, height * width * C, BLOCK))
    n = pieces[0].stop
    bordered = work[:n * height * width * C].reshape(n, height, width, C)
    bordered.fill(0)
    a, b, c, d = bordered.strides
    view = as_strided(bordered, (n, OH, KH, KW, OW * C), (a, b, b * dh, c * dw, d), writeable=False)
    for cut in pieces:
        n = cut.stop - cut.start
        np.copyto(bordered[:n, top:top + H, left:left + W], x[cut, :H, :W])
        yield cut, view[:n]
