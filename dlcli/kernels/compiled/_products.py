"""Products of matrices that lie somewhere in flat arrays."""

from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._tiles import BYTES, ROWS, tile


@jit()
def product(out, out_at, out_row, start, start_at, start_row, add, a, a_at, a_row, a_column, b, b_at, b_row, M, N, K):
    """out = [start +] a b for a: (M, K), b: (K, N), with the arguments of `tile`."""
    wide = 2 * BYTES // out.itemsize
    for n in range(0, N, wide):  # a strip of b stays in the first cache
        columns = min(wide, N - n)
        for m in range(0, M, ROWS):
            tile(
                out, out_at + m * out_row + n, out_row, start, start_at + m * start_row + n, start_row, add,
                a, a_at + m * a_row, a_row, a_column, b, b_at + n, b_row, min(ROWS, M - m), columns, K,
            )
