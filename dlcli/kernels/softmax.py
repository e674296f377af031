"""Softmax over the last axis and its derivative."""

import numpy as np

from dlcli.kernels.choice import kernel

FEW = 20
"""Up to so many classes the work is done class by class: loops over long columns beat loops over short rows."""


@kernel
def softmax(
    x: np.ndarray, *, out: np.ndarray, peak: np.ndarray, total: np.ndarray, columns: np.ndarray | None = None,
) -> np.ndarray:
    """exp(x - peak) / total over the last axis of x: (M, K) into `out`, with peak = max(x), total = sum(exp(x - peak)).

    `peak` and `total`: (M,) are filled too, since log(total) - (x - peak) is minus the log-softmax.
    `columns`: (K, M) is working memory; where it is given, the work is done class by class.
    """
    if columns is None:
        np.maximum.reduce(x, axis=1, out=peak)
        np.subtract(x, peak[:, None], out)
        np.exp(out, out)
        np.add.reduce(out, axis=1, out=total)
        np.divide(out, total[:, None], out)
        return out
    columns[...] = x.T
    np.maximum.reduce(columns, axis=0, out=peak)
    np.subtract(columns, peak, columns)
    np.exp(columns, columns)
    np.add.reduce(columns, axis=0, out=total)
    np.divide(columns, total, columns)
    out[...] = columns.T
    return out


@kernel
def softmax_backward(y: np.ndarray, dy: np.ndarray, *, out: np.ndarray, row: np.ndarray) -> np.ndarray:
    """dx = y (dy - sum(dy y)) along the last axis into `out`; `row`: (..., 1) is working memory."""
    np.multiply(dy, y, out=out)
    np.add.reduce(out, axis=-1, keepdims=True, out=row)
    np.subtract(dy, row, out=out)
    out *= y
    return out
