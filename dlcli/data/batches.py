"""Batches: rows of a split, gathered and preprocessed into memory that is allocated once."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
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
_READERS = 2  # one waits for the disk while the other copies


class _Place(NamedTuple):
    """Memory for one batch: as the model gets it, as it is stored, and what transforms need in between."""

    x: np.ndarray
    y: np.ndarray
    raw_x: np.ndarray
    raw_y: np.ndarray
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
        threads = _threads_for(self._x)
        if not threads:
            return nullcontext(map(self.take, self.cut(order)))
        depth = threads + 1
        while len(self._places) <= depth:
            self._places.append(self._place())
        jobs = (
            partial(self._fill, self._places[number % (depth + 1)], rows)
            for number, rows in enumerate(self.cut(order))
        )
        return ahead(jobs, threads=threads, depth=depth)

    def _fill(self, place: _Place, rows: np.ndarray) -> Batch:
        n = len(rows)
        x = place.x[:n]
        raw = x if self._in_place else place.raw_x[:n]
        self._x.gather(rows, raw)
        self.pipeline.apply(raw, x, place.memory)
        if self._y is None:
            return x, x
        y, raw_y = place.y[:n], place.raw_y[:n]
        self._y.gather(rows, raw_y)
        np.copyto(y, raw_y, casting="same_kind")
        return x, y

    def _place(self) -> _Place:
        n, split, none = self.batch_size, self.split, np.empty(0)
        x = _empty((n, *self.pipeline.out_shape), self._x_dtype)
        y = none if self._y is None else _empty((n, *split.y.shape[1:]), self._y_dtype)
        return _Place(
            x, y, raw_x=none if self._in_place else np.empty((n, *split.x.shape[1:]), split.x.dtype),
            raw_y=none if self._y is None else np.empty(y.shape, split.y.dtype), memory=Memory(self._x_dtype),
        )


def _threads_for(source: Source) -> int:
    """How many threads make batches ready ahead; 0 where reading costs less than handing a batch over."""
    if source.effort == "memory":
        return 0
    return _READERS if source.effort == "disk" else max(_READERS, cores())


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    return aligned_zeros(int(np.prod(shape)), dtype).reshape(shape)
