"""Convolution of every channel on its own, and its derivatives.

x: (N, H, W, C), W: (KH, KW, C, M) with M filters a channel, y: (N, OH, OW, C, M). There is no sum over channels and so
no product of matrices: for every place in the window the part of x that it meets is multiplied and added.
"""

import numpy as np

from dlcli.kernels.im2col import Window, cuts, meetings

BLOCK = 32_768
"""Numbers of y that are worked on at a time: what stays in the cache next to the core."""


def micro_batch(shape: tuple[int, ...]) -> int:
    """Images in one micro-batch of y: (N, OH, OW, C, M)."""
    N, OH, OW, C, M = shape
    return next(cuts(N, OH * OW * C * M, BLOCK)).stop


def repeat_kernel(W: np.ndarray, *, out: np.ndarray) -> np.ndarray:
    """W for every column of y into `out`: (KH * KW, M, OW, C), so that loops run over whole rows."""
    KH, KW, C, M = W.shape
    np.copyto(out, W.reshape(KH * KW, C, M).transpose(0, 2, 1)[:, :, None])
    return out


def depthwise(x: np.ndarray, repeated: np.ndarray, *, out: np.ndarray, work: np.ndarray, window: Window) -> np.ndarray:
    """y of x into `out`; `repeated` as `repeat_kernel` gives it, `work`: (n, OH, OW, C) for a micro-batch of n."""
    N, OH, OW, _, M = out.shape
    met = meetings(window, (OH, OW), (x.shape[1], x.shape[2]))
    for cut in cuts(N, out[0].size, BLOCK):
        seen, part = x[cut], work[:cut.stop - cut.start]
        for m in range(M):
            y = out[cut, ..., m]
            y.fill(0)
            for W, (at, to) in zip(repeated[:, m], met, strict=True):
                product = np.multiply(seen[to], W[at[2]], out=part[at])
                np.add(y[at], product, out=y[at])
    return out


def depthwise_kernel_gradient(
    x: np.ndarray, dy: np.ndarray, *, dW: np.ndarray, work: np.ndarray, total: np.ndarray, window: Window,
) -> None:
    """dW = sum over all positions of x times dy; `work`: (n, OH, OW, C), `total`: (C,)."""
    N, OH, OW, C, M = dy.shape
    met = meetings(window, (OH, OW), (x.shape[1], x.shape[2]))
    gradient = dW.reshape(len(met), C, M)
    gradient.fill(0)
    for cut in cuts(N, dy[0].size, BLOCK):
        seen, part = x[cut], work[:cut.stop - cut.start]
        for m in range(M):
            d = dy[cut, ..., m]
            for place, (at, to) in enumerate(met):
                product = np.multiply(seen[to], d[at], out=part[at])
                np.add.reduce(product, axis=(0, 1, 2), out=total)
                gradient[place, :, m] += total


def depthwise_input_gradient(
    dy: np.ndarray, repeated: np.ndarray, *, out: np.ndarray, work: np.ndarray, window: Window,
) -> np.ndarray:
    """dx of dy into `out`; `work`: (n, OH, OW, C)."""
    N, OH, OW, _, M = dy.shape
    met = meetings(window, (OH, OW), (out.shape[1], out.shape[2]))
    for cut in cuts(N, dy[0].size, BLOCK):
        dx, part = out[cut], work[:cut.stop - cut.start]
        dx.fill(0)
        for m in range(M):
            d = dy[cut, ..., m]
            for W, (at, to) in zip(repeated[:, m], met, strict=True):
                product = np.multiply(d[at], W[at[2]], out=part[at])
                np.add(dx[to], product, out=dx[to])
    return out
