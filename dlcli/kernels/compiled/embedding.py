"""Sums of rows that belong to the same id."""

import numpy as np

from dlcli.kernels.compiled._jit import jit


def add_rows(
    ids: np.ndarray, rows: np.ndarray, *, out: np.ndarray, counting: np.ndarray, work: np.ndarray, integers: np.ndarray,
) -> None:
    """As its twin; needs no working memory."""
    out.fill(0)
    _add_rows(ids, rows, out)


@jit()
def _add_rows(ids, rows, out):
    for m in range(ids.size):
        row = ids[m]
        for k in range(rows.shape[1]):
            out[row, k] += rows[m, k]
