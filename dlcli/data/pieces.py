"""Reading samples piece by piece, so that data larger than memory can be looked at."""

from collections.abc import Iterator
from math import prod

import numpy as np

from dlcli.core.transform import Samples

VALUES = 1 << 18  # a piece of float64 is then 2 MB and stays in cache for a second look


def cuts(samples: int, sample_size: int, *, values: int = VALUES) -> Iterator[slice]:
    """Slices that cover `samples` samples in order, about `values` numbers each."""
    step = max(1, values // max(1, sample_size))
    for start in range(0, samples, step):
        yield slice(start, min(start + step, samples))


def pieces(x: Samples, rows: np.ndarray) -> Iterator[np.ndarray]:
    """`x[rows]` in float64, a piece at a time."""
    for cut in cuts(len(rows), prod(x.shape[1:])):
        yield np.asarray(x[rows[cut]], np.float64)
