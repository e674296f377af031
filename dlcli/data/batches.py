"""Batches: rows of a split, gathered and preprocessed into memory that is allocated once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from math import prod
from typing import NamedTuple

import numpy as np

from dlcli.core.augmentation import Augmentation
from dlcli.core.dataset import Split
from dlcli.core.memory import Memory, aligned_zeros
from dlcli.core.source import Source
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec
from dlcli.data.ahead import ahead, cores
from dlcli.data.preprocessing import Pipeline
from dlcli.data.sources import Rows, source_of
from dlcli.kernels.rows import take_scaled

Batch = tuple[np.ndarray, np.ndarray]
Draws = Callable[[int], np.random.Generator]
_READERS = 2  # one waits while the other copies; more of them only get in the way of the step loop
_WORTHWHILE = 1 << 17  # numbers in a batch: of smaller ones, two threads spend more time on each other than they save
_BLOCK = 512, 1 << 22  # rows and bytes that are read at once: handing over takes longer than reading a small batch
_AT_ONCE = 1 << 16  # bytes of samples that are made from memory at once: small batches are mostly calls, ten for each


class _Block(NamedTuple):
    """Samples as they are stored."""

    x: np.ndarray
    y: np.ndarray

    def cut(self, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """So many at a time."""
        for start in range(0, len(self.x), size):
            yield self.x[start:start + size], self.y[start:start + size]


class _Place(NamedTuple):
    """Memory for one batch: as the model gets it, as it is stored, and what transforms need in between."""

    x: np.ndarray
    y: np.ndarray
    raw: _Block
    memory: Memory


class Batches:
    """Takes batches of at most `batch_size` samples of a split, as the model gets them.

    x: (n, *pipeline.out_shape) in `dtype`; y: class numbers as intp, numbers in `dtype`, or x itself; the share of each
    class where `augmentation` mixes samples. A batch stays valid until `buffers` further ones were taken. No arrays are
    allocated once a batch of each size was taken.
    """

    def __init__(
        self, split: Split, pipeline: Pipeline, spec: DataSpec, *, batch_size: int, dtype: str | np.dtype,
        augmentation: Sequence[Augmentation] = (), buffers: int = 1,
    ) -> None:
        self.split = split
        self.pipeline = pipeline
        self.augmentation = tuple(augmentation)
        self.batch_size = min(batch_size, len(split))
        self._x = source_of(split.x)
        self._y = None if spec.target.is_input else source_of(split.y)
        self._x_dtype = np.dtype(dtype)
        classes = spec.target.kind == "classes"
        self._mixed = spec.target.classes if classes and any(a.mixes for a in self.augmentation) else 0
        self._y_dtype = np.dtype(np.intp) if classes and not self._mixed else self._x_dtype
        self._in_place = self._x_dtype == split.x.dtype and pipeline.out_shape == pipeline.in_shape
        self._scaled: tuple[np.ndarray, float] | None = None  # the samples, where all they need is to be multiplied
        if isinstance(self._x, Rows) and not self._x.as_bytes and not self._in_place and pipeline.factor is not None:
            self._scaled = self._x.table, pipeline.factor
        self._places = [self._place() for _ in range(buffers)]
        self._blocks: list[_Block] = []
        self._turn = 0
        self._at_once = max(1, _AT_ONCE // max(1, self._widest() * self.batch_size)) if buffers == 1 else 1
        self._together: _Place | None = None

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

    def take(self, rows: np.ndarray, draws: "np.random.Generator | None" = None) -> Batch:
        """(x, y) of these rows of the data, at most `batch_size`; augmented where there is something to draw from."""
        place = self._places[self._turn]
        self._turn = (self._turn + 1) % len(self._places)
        return self._fill(place, rows, draws)

    def feed(
        self, order: np.ndarray, draws: Draws | None = None, *, first: int = 0,
    ) -> AbstractContextManager[Iterator[Batch]]:
        """(x, y) of one batch after the other, each valid until the next one is asked for.

        `draws` gives the generator by which a batch is augmented, by the number of the batch, from `first` on.
        Batches of samples that must be read from a disk or decoded, and large ones that are augmented, are made ready
        ahead by threads of their own; they are the same, and an error is raised where its batch would have come.
        """
        draws = draws if self.augmentation else None
        if self._x.effort == "memory" and draws is None and self._at_once > 1:
            return nullcontext(self._several_at_once(order))
        if self._x.effort == "memory" and (draws is None or self._places[0].x.size < _WORTHWHILE):
            return nullcontext(
                self.take(rows, draws and draws(number)) for number, rows in enumerate(self.cut(order), first)
            )
        if draws is None and self._x.effort == "disk":
            return self._read_ahead(order)
        return self._made_ahead(order, draws, first)

    def _widest(self) -> int:
        """Bytes of a sample where most are needed: stored, between transforms, finished, or of its target."""
        number = max(self._x_dtype.itemsize, self._x.dtype.itemsize)
        widest = number * max(1, *(prod(shape) for shape in self.pipeline.shapes))
        return widest if self._y is None else max(widest, number * prod(self._y.shape[1:]))

    def _several_at_once(self, order: np.ndarray) -> Iterator[Batch]:
        """Batches are made together and handed out one by one; each sample is what it is whatever lies beside it.

        All that is made so goes through one place: one feed at a time.
        """
        size, many = self.batch_size, self._at_once * self.batch_size
        place = self._together = self._together or self._place(min(many, len(self.split)))
        for first in range(0, len(order), many):
            x, y = self._fill(place, order[first:first + many], None)
            for start in range(0, len(x), size):
                yield x[start:start + size], y[start:start + size]

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
                self._finish(self._places[0], self._places[0].x[:len(x)], x, y)
                for block in read for x, y in block.cut(self.batch_size)
            )

    def _made_ahead(
        self, order: np.ndarray, draws: Draws | None, first: int,
    ) -> AbstractContextManager[Iterator[Batch]]:
        """Whole batches are made by other threads, one by each."""
        threads = {"memory": 1, "disk": _READERS, "decode": max(2, cores())}[self._x.effort]
        while len(self._places) <= threads + 1:
            self._places.append(self._place())
        jobs = (
            partial(self._make, self._places[number % (threads + 2)], rows, draws, first + number)
            for number, rows in enumerate(self.cut(order))
        )
        return ahead(jobs, threads=threads, depth=threads + 1)

    def _read(self, block: _Block, rows: np.ndarray) -> _Block:
        x, y = block.x[:len(rows)], block.y[:len(rows)]
        self._x.gather(rows, x)
        if self._y is not None:
            self._y.gather(rows, y)
        return _Block(x, y)

    def _make(self, place: _Place, rows: np.ndarray, draws: Draws | None, number: int) -> Batch:
        return self._fill(place, rows, None if draws is None else draws(number))

    def _fill(self, place: _Place, rows: np.ndarray, draws: "np.random.Generator | None") -> Batch:
        n = len(rows)
        x, raw_y = place.x[:n], place.raw.y[:n]
        raw = x if self._in_place else place.raw.x[:n]
        if self._scaled is None:
            self._x.gather(rows, raw)
            self.pipeline.apply(raw, x, place.memory)
        else:
            table, factor = self._scaled
            take_scaled(table, rows, scale=factor, out=x, raw=raw)
        if self._y is not None:
            self._y.gather(rows, raw_y)
        return self._with_targets(place, x, raw_y, draws)

    def _finish(self, place: _Place, x: np.ndarray, raw: np.ndarray, raw_y: np.ndarray) -> Batch:
        """`x`: of the place, as long as there are samples; maybe `raw` itself."""
        self.pipeline.apply(raw, x, place.memory)
        return self._with_targets(place, x, raw_y, None)

    def _with_targets(
        self, place: _Place, x: np.ndarray, raw_y: np.ndarray, draws: "np.random.Generator | None",
    ) -> Batch:
        n, y = len(x), x
        if self._y is not None:
            y = place.y[:n]
            if self._mixed and raw_y.ndim == 1:
                starts = place.memory.multiples(n, self._mixed)
                at = np.add(raw_y, starts, out=place.memory.empty("label at", (n,), np.intp))
                y.fill(0)
                y.reshape(-1)[at] = 1
            else:
                np.copyto(y, raw_y, casting="same_kind")
        if draws is not None:
            for augmentation in self.augmentation:
                augmentation.apply(x, y, draws, place.memory)
        return x, y

    def _place(self, samples: int | None = None) -> _Place:
        n = self.batch_size if samples is None else samples
        y_shape = () if self._y is None else (self._mixed,) if self._mixed else self._y.shape[1:]
        return _Place(
            x=_empty((n, *self.pipeline.out_shape), self._x_dtype), y=_empty((n, *y_shape), self._y_dtype),
            raw=_Block(self._raw(None if self._in_place else self._x, n), self._raw(self._y, n)),
            memory=Memory(self._x_dtype),
        )

    def _raw(self, source: Source | None, rows: int) -> np.ndarray:
        """Memory for samples as they are stored; of none, where they are not needed."""
        return np.empty((rows, *source.shape[1:]), source.dtype) if source is not None else np.empty(0)


def _empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    return aligned_zeros(int(np.prod(shape)), dtype).reshape(shape)
