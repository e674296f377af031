"""Products of matrices that lie somewhere in flat arrays, tile by tile."""

import numpy as np

from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._tiles import LOW, ROWS, columns_of, tile

U = np.uint64


@jit()
def product(out, out_at, out_row, start, start_at, start_row, add, a, a_at, a_row, a_column, b, b_at, b_row, M, N, K):
    """out = [start +] a b for a: (M, K), b: (K, N), with the arguments of `tile`."""
    wide = columns_of(out)
    over = not add or start_row == 0  # what is begun with does not lie where the result goes: nothing is added twice
    for n in range(0, N, wide):  # a strip of b stays in the first cache
        strip(
            out, out_at + n, out_row, start, start_at + n, start_row, add, a, a_at, a_row, a_column, b, b_at + n, b_row,
            M, min(wide, N - n), K, over,
        )


@jit()
def strip(
    out, out_at, out_row, start, start_at, start_row, add, a, a_at, a_row, a_column, b, b_at, b_row, M, N, K, over,
):
    """The product for no more columns than a tile has.

    `over`: whether the last tile may lie over the one before it, which is faster than to compute its last row again and
    again; not where `start` is `out`, to which it would then add twice.
    """
    for row in range(0, M, ROWS):
        high = LOW if M - row <= LOW else ROWS
        m = min(row, max(0, M - high)) if over else row
        tile(
            out, out_at + m * out_row, out_row, start, start_at + m * start_row, start_row, add,
            a, a_at + m * a_row, a_row, a_column, b, b_at, b_row, min(high, M - m), N, K,
        )


@jit()
def turn(x, turned, rows, columns):
    """x: (rows, columns) into turned: (columns, rows), eight rows at a time: what is written then lies side by side."""
    for i in range(0, rows - rows % 8, 8):
        for j in range(U(columns)):
            to, source = j * U(rows) + U(i), U(i * columns) + j
            for k in range(U(8)):
                turned[to + k] = x[source + k * U(columns)]
    for i in range(rows - rows % 8, rows):
        for j in range(U(columns)):
            turned[j * U(rows) + U(i)] = x[U(i * columns) + j]
