"""Rows of a table, gathered and brought to another range."""

import numpy as np

from dlcli.kernels.choice import kernel


@kernel
def take_scaled(table: np.ndarray, rows: np.ndarray, *, scale: float, out: np.ndarray, raw: np.ndarray) -> None:
    """out = scale * table[rows], for table: (R, ...), rows: (N,), out: (N, ...) of floating point.

    `raw`: (N, ...) of the type of the table is working memory; rows beyond the ends of the table are those at its ends.
    """
    table.take(rows, 0, raw, "clip")
    np.copyto(out, raw, casting="same_kind")  # faster than a product that casts as it goes
    np.multiply(out, scale, out=out)
