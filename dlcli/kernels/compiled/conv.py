"""The input gradient of a convolution: one product for all places of the window, added up in one pass."""

import numpy as np

from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled.im2col import U
from dlcli.kernels.im2col import BLOCK, Window, cuts


def conv2d_input_gradient_size(shape: tuple[int, ...], W: np.ndarray, window: Window) -> int:
    """As its twin."""
    if window.pointwise:
        return 0
    OH, OW = window.positions(shape)
    KH, KW, C, _ = W.shape
    each = OH * OW * KH * KW * C
    return each * max(1, min(shape[0], BLOCK // each))


def conv2d_input_gradient(
    dy: np.ndarray, W: np.ndarray, *, out: np.ndarray, work: np.ndarray, window: Window,
) -> np.ndarray:
    """As its twin."""
    KH, KW, C, F = W.shape
    OH, OW = dy.shape[1:3]
    K = KH * KW * C
    kernel = W.reshape(K, F).T
    if window.pointwise:
        for cut in cuts(len(dy), dy[0].size):
            np.matmul(dy[cut].reshape(-1, F), kernel, out=out[cut].reshape(-1, C))
        return out
    for cut in cuts(len(dy), OH * OW * K):
        M = (cut.stop - cut.start) * OH * OW
        dcols = np.matmul(dy[cut].reshape(M, F), kernel, out=work[:M * K].reshape(M, K))
        rest, dx = ((OH, OW), (KH, KW), window.strides, window.before), out[cut]
        if window.dilation[1] == 1 and dx.flags.c_contiguous:
            _add_up_by_runs(dcols, dx.reshape(len(dx), dx.shape[1], -1), *rest, window.dilation[0], C)
        else:
            _add_up(dcols, dx, *rest, window.dilation)
    return out


@jit()
def _add_up_by_runs(dcols, dx, positions, size, strides, before, dilation, C):
    """A row of a window is one run of numbers where no columns are left out; dx: (N, H, W C)."""
    N, H, WC = dx.shape
    run = size[1] * C
    dx[:] = 0
    for n in range(N):
        for p in range(positions[0]):
            for i in range(size[0]):
                h = p * strides[0] + i * dilation - before[0]
                if h < 0 or h >= H:
                    continue
                for q in range(positions[1]):
                    m = (n * positions[0] + p) * positions[1] + q
                    start = (q * strides[1] - before[1]) * C
                    first = min(run, max(0, -start))
                    last = max(first, min(run, WC - start))
                    to, source = U(start + first), U(i * run + first)  # unsigned: see im2col.py
                    for k in range(U(last - first)):
                        dx[n, h, to + k] += dcols[m, source + k]


@jit()
def _add_up(dcols, dx, positions, size, strides, before, dilation):
    N, H, W, C = dx.shape
    dx[:] = 0
    for n in range(N):
        for p in range(positions[0]):
            for q in range(positions[1]):
                m = (n * positions[0] + p) * positions[1] + q
                at = U(0)
                for i in range(size[0]):
                    h = p * strides[0] + i * dilation[0] - before[0]
                    for j in range(size[1]):
                        w = q * strides[1] + j * dilation[1] - before[1]
                        if h >= 0 and h < H and w >= 0 and w < W:
                            for c in range(U(C)):
                                dx[n, h, w, c] += dcols[m, at + c]
                        at += U(C)
