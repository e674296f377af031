"""Rows of a table as samples: made from what the cells say at the moment they are read."""

import hashlib
from collections.abc import Sequence
from threading import local

import numpy as np

from dlcli.core.memory import Memory
from dlcli.core.source import Content, Source
from dlcli.core.table import Column, Table
from dlcli.data.tabular.raw import RawTable

WHOLE = 1 << 28  # bytes of samples that are kept in memory as they are


class Encoder:
    """Turns values of a table into samples, as `Table` says what they look like. All its arrays are made once."""

    def __init__(self, table: Table) -> None:
        numeric = table.numeric
        self.width = table.width
        self._centre = _of_parts([[m - o for m, o in zip(c.mean, c.origin, strict=True)] for c in numeric])
        self._factor = _of_parts([[1 / s for s in c.scale] for c in numeric])
        filled = [[(f - m) / s for f, m, s in zip(c.fill, c.mean, c.scale, strict=True)] for c in numeric]
        self._filled = _of_parts(filled)
        starts = np.cumsum([0, *(len(column.parts) for column in numeric)])
        self._gaps = np.array([start for start, c in zip(starts, numeric, strict=False) if c.gaps], np.intp)
        hot = [(n, column.choices) for n, column in enumerate(table.categorical) if not column.embedded]
        places = int(starts[-1]) + len(self._gaps) + np.cumsum([0, *(choices for _, choices in hot)])
        self._hot = np.array([n for n, _ in hot], np.intp)
        self._first_of, self._places = places[:-1].astype(np.intp), slice(places[0], places[-1])
        self._ids = np.array([n for n, column in enumerate(table.categorical) if column.embedded], np.intp)

    def encode(self, numbers: np.ndarray, slots: np.ndarray, out: np.ndarray, memory: Memory) -> None:
        """Writes samples (N, width) float32; numbers: (N, P) less their origins, slots: (N, K), from 0, -1 for none."""
        parts = numbers.shape[1]
        values = out[:, :parts]
        missing = np.isnan(numbers, out=memory.empty("missing", numbers.shape, bool))
        np.subtract(numbers, self._centre, out=values)
        np.multiply(values, self._factor, out=values)
        np.copyto(values, self._filled, where=missing)
        for place, source in enumerate(self._gaps, parts):
            out[:, place] = missing[:, source]
        if len(self._hot):
            self._set_hot(slots, out, memory)
        if len(self._ids):
            np.add(slots.take(self._ids, axis=1), 1, out=out[:, -len(self._ids):], casting="unsafe")

    def _set_hot(self, slots: np.ndarray, out: np.ndarray, memory: Memory) -> None:
        """0 in the places of all categories, then 1 in that of each cell: much less work than to compare them all."""
        out[:, self._places] = 0
        shape = (len(out), len(self._hot))
        chosen = slots.take(self._hot, 1, memory.empty("chosen", shape, slots.dtype), "clip")
        at = np.add(chosen, self._first_of, out=memory.empty("at", shape, np.intp))
        np.add(at, memory.multiples(len(out), self.width)[:, None], out=at)  # where the row begins
        out.reshape(-1)[at if chosen.min() >= 0 else at[chosen >= 0]] = 1


class RawRows(Source):
    """All rows of a table of which nothing is learned yet: its numbers as they are, missing ones 0, and categories."""

    effort = "memory"

    def __init__(self, raw: RawTable) -> None:
        self.raw = raw
        self.shape, self.dtype = (len(raw), raw.numbers.shape[1] + raw.codes.shape[1]), np.dtype(np.float32)

    def gather(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Copies these rows."""
        parts = self.raw.numbers.shape[1]
        numbers = self.raw.numbers[rows]
        out[:, :parts] = np.where(np.isnan(numbers), 0, numbers)
        out[:, parts:] = self.raw.codes[rows]


class TableRows(Source):
    """All rows of a table, of which `numbers` and `slots` are in memory."""

    effort = "memory"

    def __init__(self, table: Table, numbers: np.ndarray, slots: np.ndarray) -> None:
        self.table, self.numbers, self.slots = table, numbers, slots
        self.shape, self.dtype = (len(numbers), table.width), np.dtype(np.float32)
        self._encoder = Encoder(table)
        self._of_thread = local()

    def gather(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Encodes these rows."""
        memory = getattr(self._of_thread, "memory", None)
        if memory is None:
            memory = self._of_thread.memory = Memory(self.dtype)
        numbers = memory.empty("numbers", (len(rows), self.numbers.shape[1]))
        slots = memory.empty("slots", (len(rows), self.slots.shape[1]), np.int32)
        self.numbers.take(rows, 0, numbers, "clip")
        self.slots.take(rows, 0, slots, "clip")
        self._encoder.encode(numbers, slots, out, memory)

    def fingerprint(self) -> bytes:
        """A hash of the values and of what they become."""
        digest = hashlib.sha256(repr(self.table).encode())
        digest.update(np.ascontiguousarray(self.numbers).data)
        digest.update(np.ascontiguousarray(self.slots).data)
        return digest.digest()


def samples_of(table: Table, numbers: np.ndarray, slots: np.ndarray) -> Content:
    """All samples: made at once where they are small, since a batch is then a copy; else made as they are needed."""
    rows = TableRows(table, numbers, slots)
    return rows[:] if len(rows) * table.width * rows.dtype.itemsize <= WHOLE else rows


def slots_of(codes: np.ndarray, columns: Sequence[Column], known: Sequence[Sequence[str]]) -> np.ndarray:
    """For each category its place in a sample, -1 for none: (N, K) of numbers in `known`, -1 missing, -2 neither, -3 a
    rare word of training.
    """
    slots = np.empty_like(codes)
    for number, (column, words) in enumerate(zip(columns, known, strict=True)):
        kept = {category: place for place, category in enumerate(column.categories)}
        other = len(kept) if column.other else -1
        missing = column.choices - 1 if column.gaps else -1
        table = np.array([*(kept.get(word, other) for word in words), other, other, missing], np.int32)
        slots[:, number] = table[codes[:, number]]  # -1, -2 and -3 count from the end
    return slots


def _of_parts(values: Sequence[Sequence[float]]) -> np.ndarray:
    return np.array([value for part in values for value in part], np.float32)
