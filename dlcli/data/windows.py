"""Windows over a series: many overlapping samples that share the memory of one array."""

from typing import overload

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from dlcli.core.source import Content


def windows(series: np.ndarray, length: int, count: int, *, start: int = 0) -> np.ndarray:
    """The view x: (count, length, ...) of series: (T, ...) with x[i] = series[start + i : start + i + length]."""
    part = series[start:start + count + length - 1]
    return np.moveaxis(sliding_window_view(part, length, axis=0), -1, 1)


@overload
def unrolled(x: np.ndarray) -> np.ndarray: ...
@overload
def unrolled(x: Content) -> Content: ...
def unrolled(x: Content) -> Content:
    """The series (T, ...) whose windows x: (N, length, ...) are; x itself where it is not such a view."""
    if not isinstance(x, np.ndarray) or x.ndim < 2 or not x.size or x.strides[0] != x.strides[1]:
        return x
    return as_strided(x, (len(x) + x.shape[1] - 1, *x.shape[2:]), x.strides[1:], writeable=False)
