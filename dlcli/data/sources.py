"""Arrays as sources: the one place where what a split holds becomes something that batches gather from."""

from math import prod
from threading import local

import numpy as np

from dlcli.core.source import Content, Source
from dlcli.data.windows import unrolled


def source_of(samples: Content) -> Source:
    """`samples` itself where it is a source; else its array as one."""
    if isinstance(samples, Source):
        return samples
    return Rows(samples) if unrolled(samples) is samples else _Windows(samples)


class Rows(Source):
    """Rows of an array, copied as bytes where it lies unaligned in a file: `take` would first copy all of it.

    `table` is the array itself, or of bytes.
    """

    effort = "memory"

    def __init__(self, array: np.ndarray) -> None:
        array = np.ascontiguousarray(array)
        self.shape, self.dtype = array.shape, array.dtype
        self.as_bytes = not array.flags.aligned
        self.table = _as_bytes(array) if self.as_bytes else array

    def gather(self, rows: np.ndarray, out: np.ndarray) -> None:
        """As `Source` says."""
        self.table.take(rows, 0, _as_bytes(out) if self.as_bytes else out, "clip")


class _Windows(Source):
    """Rows of a view of overlapping windows, gathered from the series without unrolling it."""

    effort = "memory"

    def __init__(self, array: np.ndarray) -> None:
        self.shape, self.dtype = array.shape, array.dtype
        self._series = np.ascontiguousarray(unrolled(array))
        self._steps = np.arange(array.shape[1])
        self._places = local()

    def gather(self, rows: np.ndarray, out: np.ndarray) -> None:
        places = getattr(self._places, "of_thread", None)
        if places is None or len(rows) > len(places):
            places = self._places.of_thread = np.empty((len(rows), len(self._steps)), np.intp)
        at = np.add(rows[:, None], self._steps, out=places[:len(rows)])
        self._series.take(at, 0, out, "clip")


def _as_bytes(a: np.ndarray) -> np.ndarray:
    """A contiguous array's samples as rows of bytes, without a copy."""
    return np.asarray(a).reshape(len(a), prod(a.shape[1:])).view(np.uint8)
