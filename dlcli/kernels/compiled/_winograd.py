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

from dlcli.kernels.compiled._ends import largest, spread
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._products import product
from dlcli.kernels.compiled._vectors import everywhere, load, load_small, store, store_small, where

PLACES = 16
IN_WORK = 57_344
"""Numbers of V and M together, for as many tiles as that is enough for."""
SPACE = 16
"""Numbers between planes, so that they do not all fall upon the same lines of the cache."""


def in_work(C, F):
    """Tiles in work at a time."""
    return max(24, IN_WORK // (PLACES * (C + F)) // 6 * 6)


def forward_size(C, F):
    T = in_work(C, F)
    return PLACES * (C * F + T * (C + F) + 3 * SPACE + C)


def backward_size(C, F):
    T = in_work(C, F)
    return PLACES * (2 * C * F + T * (C + F) + 4 * SPACE + C)


@jit()
def forward(x, W, b, y, place, work, extents, before, T, pool, relu, keep):
    """y of x: (N, H, W, C); `extents`: (N, H, W, C, OH, OW, F). `pool`: whether the largest of 2 x 2 is wanted."""
    N, H, width, C, OH, OW, F = extents
    TH, TW = (OH // 2, OW // 2) if pool else ((OH + 1) // 2, (OW + 1) // 2)
    u, v, m = C * F + SPACE, T * C + SPACE, T * F + SPACE
    V_at = PLACES * u
    M_at = V_at + PLACES * v
    edge = M_at + PLACES * m
    _kernel_in(W, work, C * F, u)
    for start in range(0, N * TH * TW, T):
        count = min(T, N * TH * TW - start)
        _tiles_in(x, work, V_at, v, edge, start, count, (TH, TW), (H, width, C), before)
        for k in range(PLACES):
            product(
                work, M_at + k * m, F, work, 0, 0, False, work, V_at + k * v, C, 1, work, k * u, F, count, F, C,
            )
        if pool:
            _largest_out(work, M_at, m, b, y, place, start, count, F, relu, keep)
        else:
            _tiles_out(work, M_at, m, b, y, start, count, (TH, TW), (OH, OW, F), relu)


@jit()
def backward(x, W, y, place, dy, dW, db, dx, work, extents, before, T, pool, relu, wanted):
    """dW, db and, where it is wanted, dx."""
    N, H, width, C, OH, OW, F = extents
    TH, TW = (OH // 2, OW // 2) if pool else ((OH + 1) // 2, (OW + 1) // 2)
    u, v, m = C * F + SPACE, T * C + SPACE, T * F + SPACE
    turned = PLACES * u
    V_at = 2 * turned
    M_at = V_at + PLACES * v
    edge = M_at + PLACES * m
    if wanted:
        _turn(W, work, C, F)
        _kernel_in(work, work[turned:], C * F, u)
        dx[:] = 0
    db[:] = 0
    for start in range(0, N * TH * TW, T):
        count = min(T, N * TH * TW - start)
        _tiles_in(x, work, V_at, v, edge, start, count, (TH, TW), (H, width, C), before)
        if pool:
            _largest_back(dy, place, work, M_at, m, db, start, count, F)
        else:
            _tiles_back(dy, y, work, M_at, m, db, start, count, (TH, TW), (OH, OW, F), relu)
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
            _tiles_scattered(dx, work, V_at, v, edge, start, count, (TH, TW), (H, width, C), before)
    _kernel_back(work, dW, C * F, u)


@jit()
def _turn(W, turned, C, F):
    """W: (9, C, F) as (9, F, C)."""
    for k in range(9):
        for c in range(C):
            for f in range(F):
                turned[(k * F + f) * C + c] = W[(k * C + c) * F + f]


@jit()
def _kernel_in(W, U, size, u):
    """U = G W G^T for each channel and filter; W: (9, size), U: (16, size) with `u` numbers from plane to plane."""
    for c in range(0, size, 32 // W.itemsize):
        a0, a1, a2, a3 = _three_in(load(W, c), load(W, c + 3 * size), load(W, c + 6 * size))
        b0, b1, b2, b3 = _three_in(load(W, c + size), load(W, c + 4 * size), load(W, c + 7 * size))
        d0, d1, d2, d3 = _three_in(load(W, c + 2 * size), load(W, c + 5 * size), load(W, c + 8 * size))
        _row_in(a0, b0, d0, U, c, u)
        _row_in(a1, b1, d1, U, c + 4 * u, u)
        _row_in(a2, b2, d2, U, c + 8 * u, u)
        _row_in(a3, b3, d3, U, c + 12 * u, u)


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
    for c in range(0, size, 32 // dU.itemsize):
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


@jit()
def _tiles_in(x, V, V_at, v, edge, start, count, tiles, image, before):
    """V = B^T d B of `count` tiles."""
    TH, TW = tiles
    H, width, C = image
    for t in range(count):
        n, r = divmod(start + t, TH * TW)
        p, q = divmod(r, TW)
        top, left = 2 * p - before[0], 2 * q - before[1]
        to = V_at + t * C
        if top >= 0 and left >= 0 and top + 4 <= H and left + 4 <= width:
            _tile_in(x, ((n * H + top) * width + left) * C, width * C, V, to, v, C)
        else:
            for i in range(4):
                for j in range(4):
                    h, w = top + i, left + j
                    at, source = edge + (4 * i + j) * C, ((n * H + h) * width + w) * C
                    if h >= 0 and w >= 0 and h < H and w < width:
                        for c in range(C):
                            V[at + c] = x[source + c]
                    else:
                        for c in range(C):
                            V[at + c] = 0
            _tile_in(V, edge, 4 * C, V, to, v, C)


@jit()
def _tile_in(x, at, row, V, to, v, C):
    lanes = 32 // x.itemsize
    for c in range(0, C, lanes):
        a = at + c
        d00, d01, d02, d03 = load(x, a), load(x, a + C), load(x, a + 2 * C), load(x, a + 3 * C)
        a += 2 * row
        d20, d21, d22, d23 = load(x, a), load(x, a + C), load(x, a + 2 * C), load(x, a + 3 * C)
        o = to + c
        _four_in(d00 - d20, d01 - d21, d02 - d22, d03 - d23, V, o, v)
        a -= row
        d10, d11, d12, d13 = load(x, a), load(x, a + C), load(x, a + 2 * C), load(x, a + 3 * C)
        _four_in(d10 + d20, d11 + d21, d12 + d22, d13 + d23, V, o + 4 * v, v)
        _four_in(d20 - d10, d21 - d11, d22 - d12, d23 - d13, V, o + 8 * v, v)
        a += 2 * row
        d30, d31, d32, d33 = load(x, a), load(x, a + C), load(x, a + 2 * C), load(x, a + 3 * C)
        _four_in(d10 - d30, d11 - d31, d12 - d32, d13 - d33, V, o + 12 * v, v)


@jit()
def _four_in(a, b, c, d, V, to, v):
    store(a - c, V, to)
    store(b + c, V, to + v)
    store(c - b, V, to + 2 * v)
    store(b - d, V, to + 3 * v)


@jit()
def _tiles_out(M, M_at, m, b, y, start, count, tiles, image, relu):
    """y = A^T M A + b."""
    TH, TW = tiles
    OH, OW, F = image
    floor = everywhere(0 if relu else -np.inf, load(M, M_at))
    for t in range(count):
        n, r = divmod(start + t, TH * TW)
        p, q = divmod(r, TW)
        to = ((n * OH + 2 * p) * OW + 2 * q) * F
        right, down = F if 2 * q + 1 < OW else 0, OW * F if 2 * p + 1 < OH else 0
        for f in range(0, F, 32 // M.itemsize):
            y00, y01, y10, y11 = _four_out(M, M_at + t * F + f, m, load(b, f))
            # Where there is no second row or column its numbers are written to the first, before those that belong.
            store(where(floor > y11, floor, y11), y, to + right + down + f)
            store(where(floor > y10, floor, y10), y, to + down + f)
            store(where(floor > y01, floor, y01), y, to + right + f)
            store(where(floor > y00, floor, y00), y, to + f)


@jit()
def _largest_out(M, M_at, m, b, y, place, start, count, F, relu, keep):
    """The largest of A^T M A + b, and which of the four it was."""
    floor = everywhere(0 if relu else -np.inf, load(M, M_at))
    for t in range(count):
        to = (start + t) * F
        seen = to if keep else 0
        for f in range(0, F, 32 // M.itemsize):
            y00, y01, y10, y11 = _four_out(M, M_at + t * F + f, m, load(b, f))
            most, which = largest(y00, y01, y10, y11, floor)
            store(most, y, to + f)
            store_small(which, place, seen + f)


@jit()
def _four_out(M, at, m, bias):
    a0, b0 = _two_out(M, at, m)
    a1, b1 = _two_out(M, at + 4 * m, m)
    a2, b2 = _two_out(M, at + 8 * m, m)
    a3, b3 = _two_out(M, at + 12 * m, m)
    return a0 + a1 + a2 + bias, b0 + b1 + b2 + bias, a1 - a2 - a3 + bias, b1 - b2 - b3 + bias


@jit()
def _two_out(M, at, m):
    m0, m1, m2, m3 = load(M, at), load(M, at + m), load(M, at + 2 * m), load(M, at + 3 * m)
    return m0 + m1 + m2, m1 - m2 - m3


@jit()
def _tiles_back(dy, y, M, M_at, m, db, start, count, tiles, image, relu):
    """dM = A dy A^T; db is added up."""
    TH, TW = tiles
    OH, OW, F = image
    nothing = everywhere(0, load(M, M_at))
    for t in range(count):
        n, r = divmod(start + t, TH * TW)
        p, q = divmod(r, TW)
        at = ((n * OH + 2 * p) * OW + 2 * q) * F
        right, down = F if 2 * q + 1 < OW else 0, OW * F if 2 * p + 1 < OH else 0
        has_right, has_down = everywhere(right, nothing) > nothing, everywhere(down, nothing) > nothing
        for f in range(0, F, 32 // M.itemsize):
            g00 = _alive(dy, y, at + f, relu)
            g01 = where(has_right, _alive(dy, y, at + right + f, relu), nothing)
            g10 = where(has_down, _alive(dy, y, at + down + f, relu), nothing)
            g11 = where(has_right, where(has_down, _alive(dy, y, at + right + down + f, relu), nothing), nothing)
            store(load(db, f) + (g00 + g01 + g10 + g11), db, f)
            _tile_back(g00, g01, g10, g11, M, M_at + t * F + f, m)


@jit()
def _largest_back(dy, place, M, M_at, m, db, start, count, F):
    """dM = A dy A^T, where dy has one number in each tile; db is added up."""
    for t in range(count):
        at = (start + t) * F
        for f in range(0, F, 32 // M.itemsize):
            d = load(dy, at + f)
            g00, g01, g10, g11 = spread(d, load_small(place, at + f, d))
            store(load(db, f) + (g00 + g01 + g10 + g11), db, f)
            _tile_back(g00, g01, g10, g11, M, M_at + t * F + f, m)


@jit()
def _tile_back(g00, g01, g10, g11, M, to, m):
    nothing = everywhere(0, g00)
    _four_back(g00, g01, M, to, m)
    _four_back(g00 + g10, g01 + g11, M, to + 4 * m, m)
    _four_back(g00 - g10, g01 - g11, M, to + 8 * m, m)
    _four_back(nothing - g10, nothing - g11, M, to + 12 * m, m)


@jit()
def _alive(dy, y, at, relu):
    d = load(dy, at)
    nothing = everywhere(0, d)
    return where(load(y, at) > nothing, d, nothing) if relu else d


@jit()
def _four_back(a, b, M, to, m):
    store(a, M, to)
    store(a + b, M, to + m)
    store(a - b, M, to + 2 * m)
    store(everywhere(0, a) - b, M, to + 3 * m)


@jit()
def _tiles_scattered(dx, V, V_at, v, edge, start, count, tiles, image, before):
    """dx += B dV B^T, of each tile where it comes from."""
    TH, TW = tiles
    H, width, C = image
    for t in range(count):
        n, r = divmod(start + t, TH * TW)
        p, q = divmod(r, TW)
        top, left = 2 * p - before[0], 2 * q - before[1]
        at = V_at + t * C
        if top >= 0 and left >= 0 and top + 4 <= H and left + 4 <= width:
            _tile_scattered(V, at, v, dx, ((n * H + top) * width + left) * C, width * C, C)
            continue
        V[edge:edge + PLACES * C] = 0
        _tile_scattered(V, at, v, V, edge, 4 * C, C)
        for i in range(4):
            for j in range(4):
                h, w = top + i, left + j
                if h >= 0 and w >= 0 and h < H and w < width:
                    to, source = ((n * H + h) * width + w) * C, edge + (4 * i + j) * C
                    for c in range(C):
                        dx[to + c] += V[source + c]


@jit()
def _tile_scattered(V, at, v, dx, to, row, C):
    for c in range(0, C, 32 // V.itemsize):
        a = at + c
        v00, v01, v02, v03 = load(V, a), load(V, a + v), load(V, a + 2 * v), load(V, a + 3 * v)
        a += 4 * v
        v10, v11, v12, v13 = load(V, a), load(V, a + v), load(V, a + 2 * v), load(V, a + 3 * v)
        a += 4 * v
        v20, v21, v22, v23 = load(V, a), load(V, a + v), load(V, a + 2 * v), load(V, a + 3 * v)
        _four_scattered(v00, v01, v02, v03, dx, to + c, C)
        p0, p1, p2, p3 = v10 - v20, v11 - v21, v12 - v22, v13 - v23
        q0, q1, q2, q3 = v10 + v20 - v00, v11 + v21 - v01, v12 + v22 - v02, v13 + v23 - v03
        _four_scattered(q0, q1, q2, q3, dx, to + 2 * row + c, C)
        a += 4 * v
        v30, v31, v32, v33 = load(V, a), load(V, a + v), load(V, a + 2 * v), load(V, a + 3 * v)
        _four_scattered(p0 + v30, p1 + v31, p2 + v32, p3 + v33, dx, to + row + c, C)
        z = everywhere(0, v30)
        _four_scattered(z - v30, z - v31, z - v32, z - v33, dx, to + 3 * row + c, C)


@jit()
def _four_scattered(a, b, c, d, dx, to, C):
    store(load(dx, to) + a, dx, to)
    store(load(dx, to + C) + (b - c + d), dx, to + C)
    store(load(dx, to + 2 * C) + (b + c - a), dx, to + 2 * C)
    store(load(dx, to + 3 * C) - d, dx, to + 3 * C)
