"""Rows of a table, gathered and brought to another range in one pass."""

import numpy as np

from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.rows import take_scaled as twin


def take_scaled(table: np.ndarray, rows: np.ndarray, *, scale: float, out: np.ndarray, raw: np.ndarray) -> None:
    """As its twin, for bytes and to the last bit; needs no working memory."""
    if table.dtype == np.uint8 and table.flags.c_contiguous and out.flags.c_contiguous and rows.dtype == np.intp:
        _take_scaled(table.reshape(-1), rows, scale, out.reshape(-1), table.size // len(table), len(table) - 1)
    else:
        twin.plain(table, rows, scale=scale, out=out, raw=raw)  # type: ignore[attr-defined]


@jit()
def _take_scaled(table, rows, scale, out, width, last):
    factor = out.dtype.type(scale)
    for n in range(rows.size):
        at = min(max(rows[n], 0), last) * width
        source, to = table[at:at + width], out[n * width:(n + 1) * width]
        for j in range(width):
            to[j] = out.dtype.type(source[j]) * factor
