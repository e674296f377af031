"""The matrix that holds one window a row, filled in one pass, border and all."""

from collections.abc import Iterator

import numpy as np

from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.im2col import BLOCK, SHORT, Window, cuts

U = np.uint64


def columns_size(shape: tuple[int, ...], window: Window) -> int:
    """As its twin; where rows are short, with room for the channels one by one."""
    N, H, W, C = shape
    if window.pointwise:
        return 0
    OH, OW = window.positions(shape)
    each = OH * OW * (window.size[0] * window.size[1] * C + 1)
    return max(1, min(N, BLOCK // max(each, 1))) * (each + H * W * C)


def columns(
    x: np.ndarray, window: Window, *, work: np.ndarray, ones: bool = False,
) -> Iterator[tuple[slice, np.ndarray]]:
    """As its twin."""
    N, H, W, C = x.shape
    OH, OW = window.positions(x.shape)
    KH, KW = window.size
    K, L = KH * KW * C, KH * KW * C + ones
    if window.pointwise:
        for cut in cuts(N, H * W * C):
            yield cut, x[cut].reshape(-1, C)
        return
    rest = (OH, OW), (KH, KW), window.strides, window.before
    for cut in cuts(N, OH * OW * (K + 1)):
        n = cut.stop - cut.start
        M = n * OH * OW
        part, cols = x[cut], work[:M * L].reshape(M, L)
        if KW * C < SHORT:
            cols, planes = cols.reshape(L, M), work[M * L:M * L + n * H * W * C].reshape(n, C, H, W)
            _take_apart(part, planes)
            _fill_transposed(planes, cols, *rest, window.dilation, ones)
            cols = cols.T
        elif window.dilation[1] == 1 and part.flags.c_contiguous:
            _fill_by_runs(part.reshape(n, H, W * C), cols, *rest, window.dilation[0], C, ones)
        else:
            _fill(part, cols, *rest, window.dilation, ones)
        yield cut, cols


# Numba lets an index be negative, and looks at each that is a sum. Unsigned ones cannot be: inner loops count in those,
# and so use whole vectors. Slices would do as well, but each of them costs as much as a dozen numbers.


@jit()
def _take_apart(x, planes):
    N, H, W, C = x.shape
    for n in range(N):
        for h in range(H):
            for c in range(C):
                for w in range(W):
                    planes[n, c, h, w] = x[n, h, w, c]


@jit()
def _fill_by_runs(rows, cols, positions, size, strides, before, dilation, C, ones):
    """A row of a window is one run of numbers where no columns are left out; `rows`: (N, H, W C)."""
    N, H, WC = rows.shape
    run = size[1] * C
    for n in range(N):
        for p in range(positions[0]):
            for i in range(size[0]):
                h = p * strides[0] + i * dilation - before[0]
                inside = h >= 0 and h < H
                at = U(i * run)
                for q in range(positions[1]):
                    m = (n * positions[0] + p) * positions[1] + q
                    start = (q * strides[1] - before[1]) * C
                    first = min(run, max(0, -start)) if inside else run
                    last = max(first, min(run, WC - start))
                    for k in range(U(first)):
                        cols[m, at + k] = 0
                    to, source = at + U(first), U(start + first)
                    for k in range(U(last - first)):
                        cols[m, to + k] = rows[n, h, source + k]
                    for k in range(U(last), U(run)):
                        cols[m, at + k] = 0
    if ones:
        for m in range(cols.shape[0]):
            cols[m, size[0] * run] = 1


@jit()
def _fill(x, cols, positions, size, strides, before, dilation, ones):
    N, H, W, C = x.shape
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
                                cols[m, at + c] = x[n, h, w, c]
                        else:
                            for c in range(U(C)):
                                cols[m, at + c] = 0
                        at += U(C)
                if ones:
                    cols[m, at] = 1


@jit()
def _fill_transposed(planes, cols, positions, size, strides, before, dilation, ones):
    """One row for each place in the window: the positions at which it meets the image are known beforehand."""
    N, C, H, W = planes.shape
    step = U(strides[1])
    for i in range(size[0]):
        for j in range(size[1]):
            left = j * dilation[1] - before[1]
            first = min(positions[1], max(0, -(left // strides[1])))
            last = max(first, min(positions[1], (W - 1 - left) // strides[1] + 1))
            for c in range(C):
                k = (i * size[1] + j) * C + c
                for n in range(N):
                    for p in range(positions[0]):
                        h = p * strides[0] + i * dilation[0] - before[0]
                        row = U((n * positions[0] + p) * positions[1])
                        if h < 0 or h >= H or last == first:
                            for q in range(U(positions[1])):
                                cols[k, row + q] = 0
                            continue
                        for q in range(U(first)):
                            cols[k, row + q] = 0
                        to, source = row + U(first), U(first * strides[1] + left)
                        if strides[1] == 1:
                            for q in range(U(last - first)):
                                cols[k, to + q] = planes[n, c, h, source + q]
                        else:
                            for q in range(U(last - first)):
                                cols[k, to + q] = planes[n, c, h, source + q * step]
                        for q in range(U(last), U(positions[1])):
                            cols[k, row + q] = 0
    if ones:
        for m in range(cols.shape[1]):
            cols[size[0] * size[1] * C, m] = 1
