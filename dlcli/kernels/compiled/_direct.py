"""Convolution with windows of any kind: a few rows of outputs at a time, in the first and second cache all the way.

The windows of a block of rows are copied side by side into a small matrix, their product with W becomes outputs, and
the largest of 2 x 2 and relu follow at once, so that nothing between is ever written to memory. Arrays are flat.
"""

import numpy as np

from dlcli.kernels.compiled._crew import LEADER, call, claim, dismiss, meet, post
from dlcli.kernels.compiled._ends import add_rows, alive, rows_back, rows_out
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._products import product
from dlcli.kernels.compiled._tiles import lanes_of
from dlcli.kernels.compiled._vectors import load, store
from dlcli.kernels.compiled.im2col import U
from dlcli.kernels.crew import SEATS

IN_WORK = 16_384
"""Numbers of the matrix and of the outputs of one block."""
SPACE = 16
"""Numbers between rows of the matrix: copies are whole vectors, and write a little further than they should."""


def rows_in_work(window, positions, C, F, pool):
    """Rows of outputs in a block."""
    OH, OW = positions
    K = window.size[0] * window.size[1] * C
    rows = max(1, min(OH, IN_WORK // (OW * (K + F))))
    return max(2, rows // 2 * 2) if pool else rows


def forward_size(window, positions, C, F, pool, N):
    """Numbers of working memory: for as many threads as there may be, or for as many blocks."""
    blocks = N * -(-positions[0] // rows_in_work(window, positions, C, F, pool))
    return min(SEATS, max(1, blocks)) * _size(window, positions, C, F, pool)


def _size(window, positions, C, F, pool):
    K = window.size[0] * window.size[1] * C
    return rows_in_work(window, positions, C, F, pool) * positions[1] * (K + SPACE + F) + SPACE


def backward_size(window, positions, C, F, pool):
    """Numbers of working memory."""
    K = window.size[0] * window.size[1] * C
    return _size(window, positions, C, F, pool) + K * F


def table(extents, window, pool):
    """What both ways want to know of them, in one vector: a tuple takes longer to hand over."""
    _, _, _, C, *positions, F = extents
    return np.array([
        *extents, *window.size, *window.strides, *window.dilation, *window.before,
        rows_in_work(window, positions, C, F, pool),
    ])


@jit()
def _unpacked(table):
    return (
        table[0], table[1], table[2], table[3], table[4], table[5], table[6], (table[7], table[8]),
        (table[9], table[10]), (table[11], table[12]), (table[13], table[14]), table[15],
    )


@jit()
def forward(words, x, W, b, y, place, work, table, pool, relu, keep):
    """y of x: (N, H, W, C); `table`: see `table`. `pool`: whether the largest of 2 x 2 is wanted."""
    x, W, y, place = x.reshape(-1), W.reshape(-1), y.reshape(-1), place.reshape(-1)
    post(words, _forward, (x, W, b, y, place, work, table, pool, relu, keep))
    _forward(words, LEADER, call(words), x, W, b, y, place, work, table, pool, relu, keep)
    dismiss(words)


@jit()
def _forward(words, seat, phase, x, W, b, y, place, work, table, pool, relu, keep):
    """A piece is a block of rows of one image."""
    N, H, width, C, OH, OW, F, size, strides, dilation, before, R = _unpacked(table)
    K = size[0] * size[1] * C
    used = (OH // 2 * 2, OW // 2 * 2) if pool else (OH, OW)
    z_at = R * used[1] * (K + SPACE) + SPACE
    blocks = (used[0] + R - 1) // R
    piece = claim(words, phase, N * blocks, -1)
    while piece >= 0:
        room = piece if N * blocks <= SEATS else seat  # where there are few blocks, there is memory for each
        own = work[room * (z_at + R * used[1] * F):]
        n, p = piece // blocks, piece % blocks * R
        rows = min(R, used[0] - p)
        P = rows * used[1]
        row, column = _fill(x, own, n, p, rows, used[1], (H, width, C), size, strides, dilation, before)
        if pool:
            product(own, z_at, F, b, 0, 0, True, own, 0, row, column, W, 0, F, P, F, K)
            to = (n * (OH // 2) + p // 2) * (OW // 2) * F
            rows_out(own, z_at, y, place, to, rows, used[1], F, relu, keep)
        else:
            to = (n * OH + p) * OW * F
            product(y, to, F, b, 0, 0, True, own, 0, row, column, W, 0, F, P, F, K)
            if relu:
                for i in range(U(to), U(to + P * F)):  # unsigned: see im2col.py
                    y[i] = 0 if y[i] < 0 else y[i]  # NaN stays
        piece = claim(words, phase, N * blocks, piece)
    meet(words, seat, phase, N * blocks)


@jit()
def backward(x, W, y, place, dy, dW, db, dx, work, table, pool, relu, wanted):
    """dW, db and, where it is wanted, dx."""
    x, W, y, place = x.reshape(-1), W.reshape(-1), y.reshape(-1), place.reshape(-1)
    dy, dW, dx = dy.reshape(-1), dW.reshape(-1), dx.reshape(-1)
    N, H, width, C, OH, OW, F, size, strides, dilation, before, R = _unpacked(table)
    K = size[0] * size[1] * C
    used = (OH // 2 * 2, OW // 2 * 2) if pool else (OH, OW)
    z_at = R * used[1] * (K + SPACE) + SPACE
    W_at = z_at + R * used[1] * F
    dW[:] = 0
    db[:] = 0
    if wanted:
        dx[:] = 0
        for k in range(K):
            for f in range(F):
                work[W_at + f * K + k] = W[k * F + f]
    for n in range(N):
        for p in range(0, used[0], R):
            rows = min(R, used[0] - p)
            P = rows * used[1]
            row, column = _fill(x, work, n, p, rows, used[1], (H, width, C), size, strides, dilation, before)
            source = (n * (OH // 2) + p // 2) * (OW // 2) * F if pool else (n * OH + p) * OW * F
            dz, at = work, z_at
            if pool:
                rows_back(dy, place, source, work, z_at, rows, used[1], F)
            elif relu:
                alive(dy, y, source, work, z_at, P * F)
            else:
                dz, at = dy, source
            add_rows(dz, at, P, F, db)
            product(dW, 0, F, dW, 0, F, True, work, 0, column, row, dz, at, F, K, F, P)
            if wanted:
                product(work, 0, K, work, 0, 0, False, dz, at, F, 1, work, W_at, K, P, K, F)
                _add_up(work, dx, n, p, rows, used[1], (H, width, C), size, strides, dilation, before)


@jit()
def _fill(x, cols, n, p, rows, columns, image, size, strides, dilation, before):
    """The windows of some rows of positions, one a row of `cols`; returns the steps from row to row and along a row.

    Images of one channel give one place of the window a row instead: copies of long runs are faster.
    """
    H, W, C = image
    if C == 1 and strides[1] == 1:
        _fill_by_places(x, cols, n, p, rows, columns, (H, W), size, strides, dilation, before)
        return 1, rows * columns
    row = size[0] * size[1] * C + SPACE
    reach = size[1] if dilation[1] == 1 else 1  # a row of a window is one run where no columns are left out
    for r in range(rows):
        for i in range(size[0]):
            h = (p + r) * strides[0] + i * dilation[0] - before[0]
            to = r * columns * row + i * size[1] * C
            for j in range(0, size[1], reach):
                left = j * dilation[1] - before[1]
                first, last = 0, 0
                if h >= 0 and h < H:
                    first = min(columns, max(0, -(left // strides[1])))
                    last = max(first, min(columns, (W - reach - left) // strides[1] + 1))
                source = ((n * H + h) * W + left) * C
                _copy(x, source, strides[1] * C, cols, to, row, first, last, reach * C)
                for q in range(columns):
                    if q < first or q >= last:
                        for k in range(reach):
                            w = q * strides[1] + left + k
                            inside = h >= 0 and h < H and w >= 0 and w < W
                            for c in range(C):
                                at = U(to + q * row + k * C + c)
                                cols[at] = x[U(source + (q * strides[1] + k) * C + c)] if inside else 0
                to += reach * C
    return row, 1


@jit()
def _copy(x, source, step, cols, to, row, first, last, run):
    """Runs that lie `step` apart, each to a row; from the first to before the last."""
    lanes = lanes_of(x)
    whole = (run + lanes - 1) // lanes * lanes
    if source + (last - 1) * step + whole > x.size:
        for q in range(first, last):
            for k in range(run):
                cols[U(to + q * row + k)] = x[U(source + q * step + k)]
    elif whole == 2 * lanes:
        for q in range(first, last):
            store(load(x, source + q * step), cols, to + q * row)
            store(load(x, source + q * step + lanes), cols, to + q * row + lanes)
    else:
        for q in range(first, last):
            for k in range(0, run, lanes):  # what goes beyond a run is overwritten by the next, or lies between rows
                store(load(x, source + q * step + k), cols, to + q * row + k)


@jit()
def _fill_by_places(x, cols, n, p, rows, columns, image, size, strides, dilation, before):
    """One row for each place in the window: the positions at which it meets the image are known beforehand."""
    H, W = image
    to = 0
    for i in range(size[0]):
        for j in range(size[1]):
            left = j * dilation[1] - before[1]
            first = min(columns, max(0, -left))
            last = max(first, min(columns, W - left))
            for r in range(rows):
                h = (p + r) * strides[0] + i * dilation[0] - before[0]
                if h < 0 or h >= H:
                    for q in range(columns):
                        cols[U(to + q)] = 0
                else:
                    for q in range(first):
                        cols[U(to + q)] = 0
                    _copy(x, (n * H + h) * W + left + first, 0, cols, to + first, 0, 0, 1, last - first)
                    for q in range(last, columns):
                        cols[U(to + q)] = 0
                to += columns


@jit()
def _add_up(dcols, dx, n, p, rows, columns, image, size, strides, dilation, before):
    """dx += dcols, each window where it comes from."""
    H, W, C = image
    pieces, run = (1, size[1] * C) if dilation[1] == 1 else (size[1], C)
    source = 0
    for r in range(rows):
        for q in range(columns):
            for i in range(size[0]):
                h = (p + r) * strides[0] + i * dilation[0] - before[0]
                inside, base = h >= 0 and h < H, (n * H + h) * W * C
                for j in range(pieces):
                    start = (q * strides[1] + j * dilation[1] - before[1]) * C
                    first = min(run, max(0, -start)) if inside else run
                    last = max(first, min(run, W * C - start))
                    to = U(base + start + first)
                    for k in range(U(last - first)):
                        dx[to + k] += dcols[U(source + first) + k]
                    source += run
