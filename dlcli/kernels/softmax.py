"""Softmax over the last axis and its derivative."""

import numpy as np


def softmax(x: np.ndarray, *, out: np.ndarray, row: np.ndarray) -> np.ndarray:
    """exp(x) / sum(exp(x)) along the last axis into `out`; `row`: (..., 1) is working memory."""
    np.maximum.reduce(x, axis=-1, keepdims=True, out=row)
    np.subtract(x, row, out=out)
    np.exp(out, out=out)
    np.add.reduce(out, axis=-1, keepdims=True, out=row)
    out /= row
    return out


def softmax_backward(y: np.ndarray, dy: np.ndarray, *, out: np.ndarray, row: np.ndarray) -> np.ndarray:
    """dx = y (dy - sum(dy y)) along the last axis into `out`; `row`: (..., 1) is working memory."""
    np.multiply(dy, y, out=out)
    np.add.reduce(out, axis=-1, keepdims=True, out=row)
    np.subtract(dy, row, out=out)
    out *= y
    return out
