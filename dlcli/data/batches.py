"""Batches: rows of a split, gathered and preprocessed into memory that is allocated once."""

from collections.abc import Iterator

import numpy as np

from dlcli.core.dataset import Split
from dlcli.core.memory import Memory, aligned_zeros
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec
from dlcli.data.preprocessing import Pipeline
from dlcli.data.windows import unrolled


class Batches:
    """Takes batches of at most `batch_size` samples of a split, as the model gets them.

    x: (n, *pipeline.out_shape) in `dtype`; y: class numbers as intp, numbers in `dtype`, or x itself. A batch
    stays valid until `buffers` further ones were taken, so that with `buffers=2` a thread may
    fill the next one while one is in use. No arrays are allocated once a batch of each size was taken.
    """

    def __init__(
        self, split: Split, pipeline: Pipeline, spec: DataSpec, *, batch_size: int, dtype: str | np.dtype,
        buffers: int = 1,
    ) -> None:
        self.split = split
        self.pipeline = pipeline
        self.batch_size = min(batch_size, len(split))
        x_dtype = np.dtype(dtype)
        y_dtype = np.dtype(np.intp) if spec.target.kind == "classes" else x_dtype
        self._x = _gather(split.x, self.batch_size)
        self._y = None if spec.target.is_input else _gather(split.y, self.batch_size)
        y_shape = () if spec.target.is_input else split.y.shape[1:]
        self._buffers = [
            (self._empty(pipeline.out_shape, x_dtype), self._empty(y_shape, y_dtype)) for _ in range(buffers)
        ]
        self._in_place = x_dtype == split.x.dtype and pipeline.out_shape == pipeline.in_shape
        self._memory = Memory(x_dtype)
        self._turn = 0

    def __len__(self) -> int:
        """Batches in an epoch; the last may be smaller."""
        return (len(self.split) + self.batch_size - 1) // self.batch_size

    def order(self, streams: Streams, epoch: int, *, shuffle: bool) -> np.ndarray:
        """The rows of the split in the order of an epoch: as they lie, or by the permutation of (seed, epoch)."""
        rows = self.split.rows
        return streams.fresh("shuffle", epoch).permutation(rows) if shuffle else rows

    def cut(self, order: np.ndarray) -> Iterator[np.ndarray]:
        """The rows of one batch after the other."""
        for start in range(0, len(order), self.batch_size):
            yield order[start:start + self.batch_size]

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(x, y) of these rows of the data, at most `batch_size`."""
        x_buffer, y_buffer = self._buffers[self._turn]
        self._turn = (self._turn + 1) % len(self._buffers)
        n = len(rows)
        x, y = x_buffer[:n], y_buffer[:n]
        if self._in_place:
            self._x.into(rows, x)
            self.pipeline.apply(x, x, self._memory)
        else:
            self.pipeline.apply(self._x(rows), x, self._memory)
        if self._y is None:
            return x, x
        np.copyto(y, self._y(rows), casting="same_kind")
        return x, y

    def _empty(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        shape = (self.batch_size, *shape)
        return aligned_zeros(int(np.prod(shape)), dtype).reshape(shape)


class _Gather:
    """Rows of an array. Copies bytes, since `take` would first copy an array that lies unaligned in a file."""

    def __init__(self, source: np.ndarray, batch_size: int) -> None:
        self._bytes = _bytes(np.ascontiguousarray(source))
        self._raw = np.empty((batch_size, *source.shape[1:]), source.dtype)
        self._raw_bytes = _bytes(self._raw)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """The samples of `rows`, valid until the next call."""
        n = len(rows)
        self._bytes.take(rows, 0, self._raw_bytes[:n], "clip")
        return self._raw[:n]

    def into(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Copies the samples of `rows` to `out`, which has the dtype of the array."""
        self._bytes.take(rows, 0, _bytes(out), "clip")


class _Windows:
    """Rows of a view of overlapping windows, gathered from the series without unrolling it."""

    def __init__(self, source: np.ndarray, batch_size: int) -> None:
        self._series = np.ascontiguousarray(unrolled(source))
        self._raw = np.empty((batch_size, *source.shape[1:]), source.dtype)
        self._steps = np.arange(source.shape[1])
        self._at = np.empty((batch_size, source.shape[1]), np.intp)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """The samples of `rows`, valid until the next call."""
        raw = self._raw[:len(rows)]
        self.into(rows, raw)
        return raw

    def into(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Copies the samples of `rows` to `out`, which has the dtype of the array."""
        at = np.add(rows[:, None], self._steps, out=self._at[:len(rows)])
        self._series.take(at, 0, out, "clip")


def _gather(source: np.ndarray, batch_size: int) -> "_Gather | _Windows":
    return (_Gather if unrolled(source) is source else _Windows)(source, batch_size)


def _bytes(a: np.ndarray) -> np.ndarray:
    """A contiguous array's samples as rows of bytes, without a copy."""
    return np.asarray(a).reshape(len(a), -1).view(np.uint8)
