"""Convolution of every channel on its own, without a copy of the image or its border."""

import numpy as np

from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.im2col import Pair


def correlate(
    x: np.ndarray, W: np.ndarray, *, out: np.ndarray, work: np.ndarray, dilation: Pair, before: Pair,
) -> np.ndarray:
    """As its twin; needs no working memory."""
    _correlate(x, W, out, dilation, before)
    return out


def correlate_kernel_gradient(
    x: np.ndarray, dy: np.ndarray, *, dW: np.ndarray, work: np.ndarray, dilation: Pair, before: Pair,
) -> None:
    """As its twin; needs no working memory."""
    _correlate_kernel_gradient(x, dy, dW, dilation, before)


@jit()
def _correlate(x, W, y, dilation, before):
    KH, KW, _ = W.shape
    N, OH, OW, C = y.shape
    for n in range(N):
        for p in range(OH):
            for q in range(OW):
                for c in range(C):
                    y[n, p, q, c] = 0
            for i in range(KH):
                h = p + i * dilation[0] - before[0]
                if h < 0 or h >= x.shape[1]:
                    continue
                for q in range(OW):
                    for j in range(KW):
                        w = q + j * dilation[1] - before[1]
                        if w >= 0 and w < x.shape[2]:
                            for c in range(C):
                                y[n, p, q, c] += x[n, h, w, c] * W[i, j, c]


@jit()
def _correlate_kernel_gradient(x, dy, dW, dilation, before):
    KH, KW, _ = dW.shape
    N, OH, OW, C = dy.shape
    dW[:] = 0
    for n in range(N):
        for p in range(OH):
            for i in range(KH):
                h = p + i * dilation[0] - before[0]
                if h < 0 or h >= x.shape[1]:
                    continue
                for j in range(KW):
                    for q in range(OW):
                        w = q + j * dilation[1] - before[1]
                        if w >= 0 and w < x.shape[2]:
                            for c in range(C):
                                dW[i, j, c] += x[n, h, w, c] * dy[n, p, q, c]
