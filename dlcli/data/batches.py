"""Batches: rows of a split, gathered and preprocessed into memory that is allocated once."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from math import prod
from typing import NamedTuple

import numpy as np

from dlcli.core.dataset import Split
from dlcli.core.memory import Memory, aligned_zeros
from dlcli.core.source import Source
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec
from dlcli.data.ahead import ahead
from dlcli.data.preprocessing import Pipeline
from dlcli.data.sources import source_of

Batch = tuple[np.ndarray, np.ndarray]
_READERS = 2  # one waits while the other copies; more of them only get in the way of the step loop
_BLOCK = 512, 1 << 22  # rows and bytes that are read at once: handing over takes longer than reading a small batch


class _Block(NamedTuple):
    """Samples as they are stored."""

    x: np.ndarray
    y: np.ndarray


class _Place(NamedTuple):
    """Memory for one batch: as the model gets it, as it is stored, and what transforms need in between."""

    x: np.ndarray
    y: np.ndarray
    raw: _Block
    memory: Memory


class Batches:
    """Takes batches of at most `batch_size` samples of a split, as the model gets them.

    x: (n, *pipeline.out_shape) in `dtype`; y: class numbers as intp, numbers in `dtype`, or x itself. A batch
    stays valid until `buffers` further ones were taken. No arrays are allocated once a batch of each size was taken.
    """

    def __init__(
        self, split: Split, pipeline: Pipeline, spec: DataSpec, *, batch_size: int, dtype: str | np.dtype,
        buffers: int = 1,
    ) -> None:
        self.split = split
        self.pipeline = pipeline
        self.batch_size = min(batch_size, len(split))
        self._x = source_of(split.x)
        self._y = None if spec.target.is_input else source_of(split.y)
        self._x_dtype = np.dtype(dtype)
        self._y_dtype = np.dtype(np.intp) if spec.target.kind == "classes" else self._x_dtype
        self._in_place = self._x_dtype == split.x.dtype and pipeline.out_shape == pipeline.in_shape
        self._places = [self._place() for _ in range(buffers)]
        self._blocks: list[_Block] = []
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

    def take(self, rows: np.ndarray) -> Batch:
        """(x, y) of these rows of the data, at most `batch_size`."""
        place = self._places[self._turn]
        self._turn = (self._turn + 1) % len(self._places)
        return self._fill(place, rows)

    def feed(self, order: np.ndarray) -> AbstractContextManager[Iterator[Batch]]:
        """(x, y) of one batch after the other, each valid until the next one is asked for.

        Those of samples that must be read from a disk or decoded are made ready ahead by threads of their own; they
        are the same, and an error is raised where its batch would have come.
        """
        if self._x.effort == "memory":
            return nullcontext(map(self.take, self.cut(order)))
        return self._read_ahead(order) if self._x.effort == "disk" else self._made_ahead(order)

    @contextmanager
    def _read_ahead(self, order: np.ndarray) -> Iterator[Iterator[Batch]]:
        """Samples are read by other threads, several batches at once, and made into batches by this one."""
        rows, size = _BLOCK
        row = prod(self._x.shape[1:]) * self._x.dtype.itemsize
        many = max(1, min(rows, size // max(1, row)) // self.batch_size) * self.batch_size
        while len(self._blocks) <= _READERS:
            self._blocks.append(_Block(self._raw(self._x, many), self._raw(self._y, many)))
        jobs = (
            partial(self._read, self._blocks[number % len(self._blocks)], order[start:start + many])
            for number, start in enumerate(range(0, len(order), many))
        )
        with ahead(jobs, threads=_READERS, depth=_READERS) as read:
            yield (
                self._finish(self._places[0], block.x[start:start + self.batch_size],
                             block.y[start:start + self.batch_size])
                for block in read for start in range(0, len(block.x), self.batch_size)
            )

    def _made_ahead(self, order: np.ndarray) -> AbstractContextManager[Iterator[Batch]]:
        """Whole batches are made by other threads, one by each."""
        threads = max(2, cores())
        while len(self._places) <= threads + 1:
            self._places.append(self._place())
        jobs = (
            partial(self._fill, self._places[number % (threads + 2)], rows)
            for number, rows in enumerate(self.cut(order))
        )
        return ahead(jobs, threads=threads, depth=threads + 1)

    def _read(self, block: _Block, rows: np.ndarray) -> _Block:
        x, y = block.x[:len(rows)], block.y[:len(rows)]
        self._x.gather(rows, x)
        if self._y is not None:
            self._y.gather(rows, y)
        return _Block(x, y)

    def _fill(self, place: _Place, rows: np.ndarray) -> Batch:
        n = len(rows)
        raw = (place.x if self._in_place else place.raw.x)[:n]
        self._x.gather(rows, raw)
        raw_y = place.raw.y[:n]
        if self._y is not None:
            self._y.gather(rows, raw_y)
        return self._finish(place, raw, raw_y)

    def _finish(self, place: _Place, raw: np.ndarray, raw_y: np.ndarray) -> Batch:
        x = place.x[:len(raw)]
        self.pipeline.apply(raw, x, place.memory)
        if self._y is None:
            return x, x
        y = place.y[:len(raw)]
        np.copyto(y, raw_y, casting="same_kind")
        return x, y

    def _place(self) -> _Place:
        n = self.batch_size
        y_shape = () if self._y is None else self._y.shape[1:]
        return _Place(
            x=_empty((n, *self.pipeline.out_shape), self._x_dtype), y=_empty((n, *y_shape), self._y_dtype),
            raw=_Block(self._raw(None if self._in_place else self._x, n), self._raw(self._y, n)),
            memory=Memory(self._x_dtype),
        )

    def _raw(self, source: Source | None, rows: int) -> np.ndarray:
        """Memory for samples as they are stored; of none, where they are not needed."""
        return np.empty((rows, *source.shape[1:]), source.dtype) if source is not None else np.empty(0)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    return aligned_zeros(int(np.prod(shape)), dtype).reshape(shape)
