"""Convolution with windows of 3 x 3, side by side, with fewer multiplications: Winograd's F(2 x 2, 3 x 3).

Four outputs, a tile of 2 x 2, come from 4 x 4 pixels d with 16 multiplications a channel and filter, where windows one
by one take 36: y = A^T [(G W G^T) * (B^T d B)] A. For each of the 16 places the products over channels are one product
of matrices over all tiles: of V = B^T d B with U = G W G^T. The derivatives use the same three transforms the other way
round: dM = A dy A^T, dU = V^T dM, dV = dM U^T, dx = B dV B^T, dW = G^T dU G. So many tiles are in work at a time that
all of it stays in the second cache. Where a maximum over 2 x 2 outputs follows, a tile is one window of it: outputs are
never written, and in `place` lies which of the four it was. Arrays are flat.
Source: Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015.
"""

import numpy as np

from dlcli.kernels.compiled._crew import LEADER, call, claim, dismiss, meet, post, seats
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._products import product, turn
from dlcli.kernels.compiled._tiles import ROWS, TILE_BYTES, columns_of, lanes_of
from dlcli.kernels.compiled._vectors import everywhere, load, store
from dlcli.kernels.compiled._winograd_tiles import (
    largest_back,
    largest_out,
    tiles_back,
    tiles_in,
    tiles_out,
    tiles_scattered,
)
from dlcli.kernels.crew import SEATS
from dlcli.kernels.winograd import grid

PLACES = 16
IN_WORK = 57_344
"""Numbers of V and M together, for as many tiles as that is enough for."""
WIDEST = 2 * TILE_BYTES // 4
"""Most columns of a tile: `columns_of` of float32."""
SPACE = 16
"""Numbers between planes, so that they do not all fall upon the same lines of the cache."""


def in_work(C, F):
    """Tiles in work at a time."""
    return max(24, IN_WORK // (PLACES * (C + F)) // ROWS * ROWS)


def forward_size(C, F, few):
    """Numbers of working memory; `few`: where all tiles are in work at once."""
    T = in_work(C, F)
    wide, rooms = (WIDEST, SEATS) if few else (F, 1)
    return rooms * PLACES * (C * wide + T * (C + wide) + 3 * SPACE + C)


def backward_size(C, F):
    T = in_work(C, F)
    return PLACES * (2 * C * F + T * (C + F) + 4 * SPACE + C)


def table(extents, before, pool):
    """What both ways want to know of them, in one vector: a tuple takes longer to hand over.

    The last number says whether all tiles are in work at the same time: then threads share them.
    """
    N, _, _, C, OH, OW, F = extents
    (rows, columns), T = grid(OH, OW, pool), in_work(C, F)
    return np.array([*extents, *before, T, rows, columns, N * rows * columns <= T])


@jit()
def _unpacked(table):
    return (
        table[0], table[1], table[2], table[3], table[4], table[5], table[6], (table[7], table[8]), table[9],
        table[10], table[11],
    )


@jit()
def forward(words, x, W, b, y, place, work, table, pool, relu, keep):
    """y of x: (N, H, W, C); `table`: see `table`. `pool`: whether the largest of 2 x 2 is wanted."""
    x, W, y, place = x.reshape(-1), W.reshape(-1), y.reshape(-1), place.reshape(-1)
    N, H, width, C, OH, OW, F, before, T, TH, TW = _unpacked(table)
    if table[-1]:
        post(words, _forward_few, (x, W, b, y, place, work, table, pool, relu, keep))
        _forward_few(words, LEADER, call(words), x, W, b, y, place, work, table, pool, relu, keep)
        dismiss(words)
        return
    u, v, m = C * F + SPACE, T * C + SPACE, T * F + SPACE
    V_at = PLACES * u
    M_at = V_at + PLACES * v
    edge = M_at + PLACES * m
    _kernel_in(W, 0, C * F, work, 0, u, C * F)
    for start in range(0, N * TH * TW, T):
        count = min(T, N * TH * TW - start)
        tiles_in(x, work, V_at, v, edge, start, count, (TH, TW), (H, width, C), before)
        for k in range(PLACES):
            product(
                work, M_at + k * m, F, work, 0, 0, False, work, V_at + k * v, C, 1, work, k * u, F, count, F, C,
            )
        if pool:
            largest_out(work, M_at, m, F, b, y, place, start, count, F, 0, F, relu, keep)
        else:
            tiles_out(work, M_at, m, F, b, y, start, count, (TH, TW), (OH, OW, F), 0, F, relu)


@jit()
def _forward_few(words, seat, phase, x, W, b, y, place, work, table, pool, relu, keep):
    """The same where all tiles are in work at once. A piece is all that some filters need.

    Every thread that has a piece transforms all pixels for itself: from the cache of another they would come later.
    """
    N, H, width, C, OH, OW, F, before, T, TH, TW = _unpacked(table)
    wide = columns_of(work) if seats(words) * columns_of(work) <= F else 2 * lanes_of(work)
    count = N * TH * TW
    u, v, m = C * wide + SPACE, T * C + SPACE, T * wide + SPACE
    V_at = seat * (PLACES * (u + v + m) + PLACES * C)
    U_at = V_at + PLACES * v
    M_at = U_at + PLACES * u
    edge = M_at + PLACES * m
    pieces = (F + wide - 1) // wide
    piece = claim(words, phase, pieces, -1)
    if piece >= 0:
        tiles_in(x, work, V_at, v, edge, 0, count, (TH, TW), (H, width, C), before)
    while piece >= 0:
        f = piece * wide
        columns = min(wide, F - f)
        for c in range(C):
            _kernel_in(W, c * F + f, C * F, work, U_at + c * wide, u, columns)
        for k in range(PLACES):
            product(
                work, M_at + k * m, wide, work, 0, 0, False, work, V_at + k * v, C, 1, work, U_at + k * u, wide, count,
                columns, C,
            )
        if pool:
            largest_out(work, M_at, m, wide, b, y, place, 0, count, F, f, columns, relu, keep)
        else:
            tiles_out(work, M_at, m, wide, b, y, 0, count, (TH, TW), (OH, OW, F), f, columns, relu)
        piece = claim(words, phase, pieces, piece)
    meet(words, seat, phase, pieces)


@jit()
def backward(x, W, y, place, dy, dW, db, dx, work, table, pool, relu, wanted):
    """dW, db and, where it is wanted, dx."""
    x, W, y, place = x.reshape(-1), W.reshape(-1), y.reshape(-1), place.reshape(-1)
    dy, dW, dx = dy.reshape(-1), dW.reshape(-1), dx.reshape(-1)
    N, H, width, C, OH, OW, F, before, T, TH, TW = _unpacked(table)
    u, v, m = C * F + SPACE, T * C + SPACE, T * F + SPACE
    turned = PLACES * u
    V_at = 2 * turned
    M_at = V_at + PLACES * v
    edge = M_at + PLACES * m
    if wanted:
        for k in range(9):
            turn(W[k * C * F:], work[k * C * F:], C, F)
        _kernel_in(work, 0, C * F, work, turned, u, C * F)
        dx[:] = 0
    db[:] = 0
    if N == 0:
        work[:turned] = 0
    for start in range(0, N * TH * TW, T):
        count = min(T, N * TH * TW - start)
        tiles_in(x, work, V_at, v, edge, start, count, (TH, TW), (H, width, C), before)
        if pool:
            largest_back(dy, place, work, M_at, m, db, start, count, F)
        else:
            tiles_back(dy, y, work, M_at, m, db, start, count, (TH, TW), (OH, OW, F), relu)
        for k in range(PLACES):
            product(
                work, k * u, F, work, k * u, F, start > 0, work, V_at + k * v, 1, C, work, M_at + k * m, F, C, F, count,
            )
            if wanted:
                product(
                    work, V_at + k * v, C, work, 0, 0, False, work, M_at + k * m, F, 1, work, turned + k * u, C, count,
                    C, F,
                )
        if wanted:
            tiles_scattered(dx, work, V_at, v, edge, start, count, (TH, TW), (H, width, C), before)
    _kernel_back(work, dW, C * F, u)


@jit()
def _kernel_in(W, W_at, w, U, U_at, u, count):
    """U = G W G^T for `count` pairs of a channel and a filter; `w` and `u` numbers lie from plane to plane."""
    for c in range(0, count, lanes_of(W)):
        a, to = W_at + c, U_at + c
        a0, a1, a2, a3 = _three_in(load(W, a), load(W, a + 3 * w), load(W, a + 6 * w))
        b0, b1, b2, b3 = _three_in(load(W, a + w), load(W, a + 4 * w), load(W, a + 7 * w))
        d0, d1, d2, d3 = _three_in(load(W, a + 2 * w), load(W, a + 5 * w), load(W, a + 8 * w))
        _row_in(a0, b0, d0, U, to, u)
        _row_in(a1, b1, d1, U, to + 4 * u, u)
        _row_in(a2, b2, d2, U, to + 8 * u, u)
        _row_in(a3, b3, d3, U, to + 12 * u, u)


@jit()
def _three_in(a, b, c):
    half = everywhere(0.5, a)
    even, odd = half * (a + c), half * b
    return a, even + odd, even - odd, c


@jit()
def _row_in(a, b, c, U, to, u):
    first, second, third, fourth = _three_in(a, b, c)
    store(first, U, to)
    store(second, U, to + u)
    store(third, U, to + 2 * u)
    store(fourth, U, to + 3 * u)


@jit()
def _kernel_back(dU, dW, size, u):
    """dW = G^T dU G."""
    for c in range(0, size, lanes_of(dU)):
        a0, a1, a2 = _row_back(dU, c, u)
        b0, b1, b2 = _row_back(dU, c + 4 * u, u)
        d0, d1, d2 = _row_back(dU, c + 8 * u, u)
        e0, e1, e2 = _row_back(dU, c + 12 * u, u)
        _three_back(a0, b0, d0, e0, dW, c, size)
        _three_back(a1, b1, d1, e1, dW, c + size, size)
        _three_back(a2, b2, d2, e2, dW, c + 2 * size, size)


@jit()
def _row_back(dU, at, u):
    a, b, c, d = load(dU, at), load(dU, at + u), load(dU, at + 2 * u), load(dU, at + 3 * u)
    half = everywhere(0.5, a)
    even = half * (b + c)
    return a + even, half * (b - c), even + d


@jit()
def _three_back(a, b, c, d, dW, to, size):
    half = everywhere(0.5, a)
    even = half * (b + c)
    store(a + even, dW, to)
    store(half * (b - c), dW, to + 3 * size)
    store(even + d, dW, to + 6 * size)
