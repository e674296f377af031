"""The products of dense layers that follow each other: of some columns of the outputs, and of some rows of dW."""

from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._products import strip
from dlcli.kernels.compiled._tiles import ROWS, columns_of, lanes_of, tile
from dlcli.kernels.compiled._vectors import everywhere, load, store
from dlcli.kernels.dense import DEEP

ALONG = 8
"""Vectors of columns in a piece where one row is multiplied."""
FEW = 1
"""Rows up to which the weights are gone through once for each, row by row, rather than tile by tile for all."""
TALL = 12
"""Rows from which on it pays to copy a panel of the weights before they are multiplied by it."""
SHALLOW = 48
"""Rows up to which inputs are multiplied where they lie: walked down by columns, they are still in the first cache."""


@jit()
def multiply(out, out_at, bias, bias_at, a, a_at, a_row, b, b_at, M, N, K, n, columns, work, work_at):
    """Some columns of out = a b, with a bias in every row where `bias_at` is not negative; b: (K, N), out: (M, N)."""
    if M <= FEW and columns == ALONG * lanes_of(out):
        for m in range(M):
            at = bias_at + n if bias_at >= 0 else -1
            _multiply_row(a, a_at + m * a_row, b, b_at + n, bias, at, out, out_at + m * N + n, K, N)
        return
    if M >= TALL:
        _lay(b, b_at + n, N, work, work_at, K, columns)
        strip(
            out, out_at + n, N, bias, max(bias_at, 0) + n, 0, bias_at >= 0, a, a_at, a_row, 1,
            work, work_at, columns, M, columns, K, True,
        )
        return
    wide = columns_of(out)
    for part in range(n, n + columns, wide):
        strip(
            out, out_at + part, N, bias, max(bias_at, 0) + part, 0, bias_at >= 0, a, a_at, a_row, 1,
            b, b_at + part, N, M, min(wide, n + columns - part), K, True,
        )


@jit()
def multiply_turned(out, out_at, a, a_at, space, m, high, M, N, K, own):
    """Some rows of out = a^T b, `high` from m on; a: (K, M), b: (K, N) lies at the beginning of `space`, in strips."""
    wide = columns_of(out)
    for k in range(0, max(1, K), DEEP):  # of no rows at all the sum is 0
        deep = min(DEEP, K - k)
        tiled = deep > SHALLOW
        if tiled:
            _lay_tiles(a, a_at + k * M + m, M, space, own, high, deep)
        for n in range(0, N, wide):
            columns = min(wide, N - n)
            b_at = K * n + k * columns
            for row in range(0, high, ROWS):
                at, count = out_at + (m + row) * N + n, min(ROWS, high - row)
                if tiled:
                    tile(
                        out, at, N, out, at, N, k > 0, space, own + row * deep, 1, count, space, b_at, columns,
                        count, columns, deep,
                    )
                else:
                    tile(
                        out, at, N, out, at, N, k > 0, a, a_at + k * M + m + row, 1, M, space, b_at, columns,
                        count, columns, deep,
                    )


@jit()
def _lay_tiles(a, a_at, a_row, space, at, M, K):
    """The rows that a tile of a^T has side by side, for each number along its depth; one such tile after the other."""
    lanes, whole = lanes_of(a), M - M % ROWS
    for k in range(K - 1):
        # Whole vectors go beyond the rows of a tile, to where its next ones will be, and are read beyond them likewise:
        # by less than a tile, as long as a vector holds no more than two tiles' rows.
        for m in range(0, whole, ROWS):
            to, source = at + m * K + k * ROWS, a_at + k * a_row + m
            for i in range(0, ROWS, lanes):
                store(load(a, source + i), space, to + i)
        for m in range(whole, M):
            space[at + whole * K + k * (M - whole) + m - whole] = a[a_at + k * a_row + m]
    for m in range(M):
        first = min(whole, m - m % ROWS)
        rows = min(ROWS, M - first)
        space[at + first * K + (K - 1) * rows + m - first] = a[a_at + (K - 1) * a_row + m]


@jit()
def _multiply_row(a, a_at, b, b_at, bias, bias_at, y, y_at, K, N):
    """ALONG vectors of y = a b + bias for one row a: (K,); the weights go by once, row by row."""
    lanes = lanes_of(y)
    zero = everywhere(0, load(b, b_at))
    y0 = y1 = y2 = y3 = y4 = y5 = y6 = y7 = zero
    if bias_at >= 0:
        y0, y1 = load(bias, bias_at), load(bias, bias_at + lanes)
        y2, y3 = load(bias, bias_at + 2 * lanes), load(bias, bias_at + 3 * lanes)
        y4, y5 = load(bias, bias_at + 4 * lanes), load(bias, bias_at + 5 * lanes)
        y6, y7 = load(bias, bias_at + 6 * lanes), load(bias, bias_at + 7 * lanes)
    for k in range(K):
        row, share = b_at + k * N, everywhere(a[a_at + k], zero)
        y0, y1 = y0 + share * load(b, row), y1 + share * load(b, row + lanes)
        y2, y3 = y2 + share * load(b, row + 2 * lanes), y3 + share * load(b, row + 3 * lanes)
        y4, y5 = y4 + share * load(b, row + 4 * lanes), y5 + share * load(b, row + 5 * lanes)
        y6, y7 = y6 + share * load(b, row + 6 * lanes), y7 + share * load(b, row + 7 * lanes)
    for place, z in enumerate((y0, y1, y2, y3, y4, y5, y6, y7)):
        store(z, y, y_at + place * lanes)


@jit()
def _lay(b, b_at, b_row, panel, panel_at, K, columns):
    """Some columns of b, side by side."""
    lanes = lanes_of(b)
    whole = columns // lanes * lanes
    for k in range(K):
        source, to = b_at + k * b_row, panel_at + k * columns
        for j in range(0, whole, lanes):
            store(load(b, source + j), panel, to + j)
        for j in range(whole, columns):
            panel[to + j] = b[source + j]
