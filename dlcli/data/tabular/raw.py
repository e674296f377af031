"""A table in memory as its cells say it: numbers, and numbers of categories; nothing is learned from it yet."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import polars as pl

from dlcli.core.table import Column, ColumnKind, TableFormat
from dlcli.data.tabular import columns
from dlcli.data.tabular.blocks import Block, Rows, in_advance
from dlcli.data.tabular.found import MIXED, FoundColumn, guess
from dlcli.errors import DataError


@dataclass
class Places:
    """Where rows stand in a file, for people: `lines` has (first row, its line or None) for each block."""

    name: str
    rows: int = 0
    lines: list[tuple[int, int | None]] = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Goes on by a block."""
        self.lines.append((self.rows, block.line))
        self.rows += len(block.frame)

    def of(self, row: int) -> str:
        """`rows.csv, line 7`, or the row's number from 1 where no line is known."""
        first, line = next((at for at in reversed(self.lines) if at[0] <= row), (0, None))
        return f"{self.name}, row {row + 1}" if line is None else f"{self.name}, line {line + row - first}"


class Aside(NamedTuple):
    """A column that is no feature: (N,) float64, points in time, or numbers of the words in `column.categories`."""

    column: Column
    values: np.ndarray

    def missing(self) -> np.ndarray:
        """(N,) bool."""
        if self.column.kind == "category":
            return self.values < 0
        return np.isnat(self.values) if self.column.kind == "date" else np.isnan(self.values)


@dataclass(frozen=True)
class RawTable:
    """`numbers`: (N, P) float32, all parts of all columns that are no categories, less their origins; NaN is missing.
    `codes`: (N, K) int32, for each category its number in `Column.categories`, -1 missing, -2 none of them.
    `aside`: columns that are no features, by name. `left_out` says why others are not among `columns`. `rows` are the
    rows of the file that are here, where they are not all.
    """

    columns: tuple[Column, ...]
    numbers: np.ndarray
    codes: np.ndarray
    aside: Mapping[str, Aside]
    places: Places
    left_out: Mapping[str, str] = field(default_factory=dict)
    rows: np.ndarray | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    def place(self, row: int) -> str:
        """Where a row stands in the file."""
        return self.places.of(row if self.rows is None else int(self.rows[row]))

    def taken(self, rows: np.ndarray, reason: str) -> "RawTable":
        """The table with these rows alone; the others are skipped for that reason."""
        aside = {name: Aside(column, values[rows]) for name, (column, values) in self.aside.items()}
        return replace(
            self, numbers=self.numbers[rows], codes=self.codes[rows], aside=aside, rows=rows,
            skipped={reason: len(self) - len(rows)},
        )


def collect(
    opened: Callable[[], AbstractContextManager[Rows]], features: Sequence[str], others: Sequence[str],
    kinds: Mapping[str, ColumnKind], form: TableFormat, name: str,
) -> RawTable:
    """Reads the `features` and `others` of a table; kinds that are not in `kinds` are found. Where a later row shows
    that a column was taken for what it is not, the table is read again.

    Raises DataError for what cannot be read, and for columns of mixed values or of none.
    """
    decided = dict(kinds)
    while True:
        reading = _Reading(features, others, decided, kinds, form, name)
        with opened() as rows, in_advance(rows.blocks(list(dict.fromkeys([*features, *others])))) as blocks:
            for block in blocks:
                reading.add(block)
        every = (*reading.features, *reading.others)
        changed: dict[str, ColumnKind] = {found.name: "category" for found in every if found.changed()}
        if not changed:
            return reading.table()
        decided |= changed


class _Reading:
    """The blocks of one pass over a table. `declared` kinds were said; others of the `decided` ones found earlier."""

    def __init__(
        self, features: Sequence[str], others: Sequence[str], decided: Mapping[str, ColumnKind],
        declared: Mapping[str, ColumnKind], form: TableFormat, name: str,
    ) -> None:
        self._names, self._form, self._decided, self._declared = (features, others), form, decided, declared
        self.features: list[FoundColumn] = []
        self.others: list[FoundColumn] = []
        self._blocks: list[tuple[np.ndarray, np.ndarray]] = []
        self._aside: list[list[np.ndarray]] = []
        self._places = Places(name)

    def add(self, block: Block) -> None:
        """Keeps the values of a block."""
        if not self._places.rows:
            self.features, self.others = ([self._found(name, block) for name in names] for names in self._names)
        every = (*self.features, *self.others)
        block = block.prepared(
            [column.name for column in every if column.kind == "number"],
            [column.name for column in every if column.kind == "category" and not column.given_up],
        )
        self._places.add(block)
        rows = len(block.frame)
        numbers = np.empty((rows, sum(len(column.parts) for column in self.features)), np.float32)
        codes = np.empty((rows, sum(column.kind == "category" for column in self.features)), np.int32)
        at = number = 0
        for column in self.features:
            values = column.add(block)
            if column.kind == "category":
                codes[:, number] = values
                number += 1
            else:
                part = numbers[:, at:at + len(column.parts)]
                np.subtract(values, column.origin or 0.0, out=part, casting="same_kind")
                at += len(column.parts)
        self._blocks.append((numbers, codes))
        self._aside.append([column.add_plain(block) for column in self.others])

    def _found(self, name: str, block: Block) -> FoundColumn:
        kind = self._decided.get(name) or guess(name, block.frame[name], self._form, self._places.name)
        if name in self._names[1] and kind == "boolean":
            kind = "category"  # two classes, with their names
        return FoundColumn(name, kind, self._form, settled=name in self._decided, declared=name in self._declared)

    def table(self) -> RawTable:
        """What was read."""
        if not self._places.rows:
            raise DataError(
                "there is a header, but no row below it", where=self._places.name, hint="give at least one row",
            )
        left_out = {}
        chosen: list[tuple[Column, FoundColumn, list[int]]] = []  # and where a block has its values
        at = number = 0
        for found in self.features:
            if not found.filled:
                raise DataError(
                    f"column '{found.name}' has no value in any of the {self._places.rows} rows",
                    where=self._places.name, hint=f"leave it out with dataset.types: {{{found.name}: ignore}}",
                )
            column, places = found.column(), [number]
            if found.kind == "category":
                number += 1
            else:
                places = list(range(at, at + len(column.parts)))
                at += len(found.parts)
            if why := found.useless():
                left_out[found.name] = why
                continue
            if found.kind == "category":
                self._check_mixed(found, [codes[:, places[0]] for _, codes in self._blocks])
            chosen.append((column, found, places))
        aside = {}
        for place, found in enumerate(self.others):
            values = [block[place] for block in self._aside]
            if found.kind == "category":
                self._check_mixed(found, values)
            column = Column(name=found.name, kind=found.kind, categories=tuple(found.known))
            aside[found.name] = Aside(column, np.concatenate(values))
        numbers, codes = self._joined(chosen)
        return RawTable(tuple(column for column, *_ in chosen), numbers, codes, aside, self._places, left_out)

    def _check_mixed(self, found: FoundColumn, blocks: Sequence[np.ndarray]) -> None:
        """Raises DataError where nearly all words of a category are numbers; blocks: the number of each cell's word."""
        if found.declared or not found.known:
            return
        words = pl.Series(list(found.known))
        other = np.zeros(len(words) + 1, bool)
        other[columns.numbers(words, self._form).bad] = True
        if not other.any() or other[:-1].all():
            return
        codes = np.concatenate(blocks)
        at = np.flatnonzero(other[codes])
        if len(at) < MIXED * found.filled:
            raise found.mixed(self._places.of(int(at[0])), words[int(codes[at[0]])], len(at), "number")

    def _joined(self, chosen: Sequence[tuple[Column, FoundColumn, list[int]]]) -> tuple[np.ndarray, np.ndarray]:
        """The chosen columns of all blocks; the memory of a block is given back as soon as it is copied."""
        rows = self._places.rows
        truths: list[tuple[int, int, np.ndarray]] = []
        sources: list[int] = []
        kept: list[int] = []
        for column, found, places in chosen:
            if column.kind == "category":
                kept += places
            elif found.kind == "category":
                truths.append((len(sources), places[0], _truth(found)))
                sources.append(0)  # filled in below
            else:
                sources += places
        numbers, codes = np.empty((rows, len(sources)), np.float32), np.empty((rows, len(kept)), np.int32)
        as_it_is = sources == list(range(self._blocks[0][0].shape[1]))
        start = 0
        self._blocks.reverse()
        while self._blocks:
            some_numbers, some_codes = self._blocks.pop()
            stop = start + len(some_numbers)
            if as_it_is:
                numbers[start:stop] = some_numbers
            elif some_numbers.shape[1]:
                some_numbers.take(sources, axis=1, out=numbers[start:stop], mode="clip")
            codes[start:stop] = some_codes[:, kept]
            for place, source, truth in truths:
                numbers[start:stop, place] = truth[some_codes[:, source]]
            start = stop
        return numbers, codes


def _truth(found: FoundColumn) -> np.ndarray:
    """1 or 0 for each word of a category, and NaN at the end, for -1."""
    return np.array([*(float(word.lower() in columns.TRUE) for word in found.known), np.nan], np.float32)
