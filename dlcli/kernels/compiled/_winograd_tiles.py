"""The transforms of Winograd's tiles between images and planes: see `_winograd`.

A plane holds one of the 16 places of all tiles, one tile a row; `v` or `m` numbers lie from plane to plane. `start` is
the number of the first tile in work, counted through all images, and `count` how many are. Arrays are flat.
"""

import numpy as np

from dlcli.kernels.compiled._ends import largest, spread
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._tiles import lanes_of
from dlcli.kernels.compiled._vectors import everywhere, load, load_small, store, store_small, where


@jit()
def _tile(number, tiles):
    """Image, row and column of a tile."""
    rows, columns = tiles
    n, rest = divmod(number, rows * columns)
    p, q = divmod(rest, columns)
    return n, p, q


@jit()
def _inside(top, left, H, width):
    """Whether all pixels of a tile are in the image."""
    return top >= 0 and left >= 0 and top + 4 <= H and left + 4 <= width


@jit()
def tiles_in(x, V, V_at, v, edge, start, count, tiles, image, before):
    """V = B^T d B of `count` tiles."""
    H, width, C = image
    for t in range(count):
        n, p, q = _tile(start + t, tiles)
        top, left = 2 * p - before[0], 2 * q - before[1]
        to = V_at + t * C
        if _inside(top, left, H, width):
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
    lanes = lanes_of(x)
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
def tiles_out(M, M_at, m, row, b, y, start, count, tiles, image, first, columns, relu):
    """y = A^T M A + b for `columns` filters from the `first` on; `row` numbers of M lie from tile to tile."""
    OH, OW, F = image
    floor = everywhere(0 if relu else -np.inf, load(M, M_at))
    for t in range(count):
        n, p, q = _tile(start + t, tiles)
        to = ((n * OH + 2 * p) * OW + 2 * q) * F
        right, down = F if 2 * q + 1 < OW else 0, OW * F if 2 * p + 1 < OH else 0
        for f in range(first, first + columns, lanes_of(M)):
            y00, y01, y10, y11 = _four_out(M, M_at + t * row + f - first, m, load(b, f))
            # Where there is no second row or column its numbers are written to the first, before those that belong.
            store(where(floor > y11, floor, y11), y, to + right + down + f)
            store(where(floor > y10, floor, y10), y, to + down + f)
            store(where(floor > y01, floor, y01), y, to + right + f)
            store(where(floor > y00, floor, y00), y, to + f)


@jit()
def largest_out(M, M_at, m, row, b, y, place, start, count, F, first, columns, relu, keep):
    """The largest of A^T M A + b for those filters, and which of the four it was."""
    floor = everywhere(0 if relu else -np.inf, load(M, M_at))
    for t in range(count):
        to = (start + t) * F
        for f in range(first, first + columns, lanes_of(M)):
            y00, y01, y10, y11 = _four_out(M, M_at + t * row + f - first, m, load(b, f))
            most, which = largest(y00, y01, y10, y11, floor)
            store(most, y, to + f)
            if keep:
                store_small(which, place, to + f)


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
def tiles_back(dy, y, M, M_at, m, db, start, count, tiles, image, relu):
    """dM = A dy A^T; db is added up."""
    OH, OW, F = image
    nothing = everywhere(0, load(M, M_at))
    for t in range(count):
        n, p, q = _tile(start + t, tiles)
        at = ((n * OH + 2 * p) * OW + 2 * q) * F
        right, down = F if 2 * q + 1 < OW else 0, OW * F if 2 * p + 1 < OH else 0
        has_right, has_down = everywhere(right, nothing) > nothing, everywhere(down, nothing) > nothing
        for f in range(0, F, lanes_of(M)):
            g00 = _alive(dy, y, at + f, relu)
            g01 = where(has_right, _alive(dy, y, at + right + f, relu), nothing)
            g10 = where(has_down, _alive(dy, y, at + down + f, relu), nothing)
            g11 = where(has_right, where(has_down, _alive(dy, y, at + right + down + f, relu), nothing), nothing)
            store(load(db, f) + (g00 + g01 + g10 + g11), db, f)
            _tile_back(g00, g01, g10, g11, M, M_at + t * F + f, m)


@jit()
def largest_back(dy, place, M, M_at, m, db, start, count, F):
    """dM = A dy A^T, where dy has one number in each tile; db is added up."""
    for t in range(count):
        at = (start + t) * F
        for f in range(0, F, lanes_of(M)):
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
def tiles_scattered(dx, V, V_at, v, edge, start, count, tiles, image, before):
    """dx += B dV B^T, of each tile where it comes from."""
    H, width, C = image
    for t in range(count):
        n, p, q = _tile(start + t, tiles)
        top, left = 2 * p - before[0], 2 * q - before[1]
        at = V_at + t * C
        if _inside(top, left, H, width):
            _tile_scattered(V, at, v, dx, ((n * H + top) * width + left) * C, width * C, C)
            continue
        V[edge:edge + 16 * C] = 0
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
    for c in range(0, C, lanes_of(V)):
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
