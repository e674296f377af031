"""Products of matrices that lie somewhere in flat arrays, tile by tile."""

from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._tiles import ROWS, lanes_of, tile


@jit()
def product(out, out_at, out_row, start, start_at, start_row, add, a, a_at, a_row, a_column, b, b_at, b_row, M, N, K):
    """out = [start +] a b for a: (M, K), b: (K, N), with the arguments of `tile`."""
    wide = 2 * lanes_of(out)
    for n in range(0, N, wide):  # a strip of b stays in the first cache
        strip(
            out, out_at + n, out_row, start, start_at + n, start_row, add, a, a_at, a_row, a_column, b, b_at + n, b_row,
            M, min(wide, N - n), K,
        )


@jit()
def strip(out, out_at, out_row, start, start_at, start_row, add, a, a_at, a_row, a_column, b, b_at, b_row, M, N, K):
    """The product for no more columns than a tile has."""
    # The last tile may lie over the one before it, which is faster than a lower one, unless it would add twice.
    over = not add or start_row == 0
    for row in range(0, M, ROWS):
        m = min(row, max(0, M - ROWS)) if over else row
        tile(
            out, out_at + m * out_row, out_row, start, start_at + m * start_row, start_row, add,
            a, a_at + m * a_row, a_row, a_column, b, b_at, b_row, min(ROWS, M - m), N, K,
        )
