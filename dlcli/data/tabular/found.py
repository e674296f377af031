"""Columns whose kind is found while a table is read: what speaks for it, what against it."""

import re
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from dlcli.core.table import Column, ColumnKind, TableFormat
from dlcli.data.tabular import columns
from dlcli.data.tabular.blocks import Block
from dlcli.errors import DataError

MIXED = 0.1
"""A column of numbers or dates may not have other cells; where they are as many as this share, it is of categories."""
_FEW = 20  # different words that any column may have; of more, some must come again
_MANY = 10_000
_ROW_NUMBER = re.compile(r"column_\d+|.*(id|index|idx|row|nr|no|unnamed: 0)", re.IGNORECASE)


def guess(name: str, cells: pl.Series, form: TableFormat, where: str) -> ColumnKind:
    """The kind of a column after its first rows. Raises DataError for values that cannot be learned from."""
    dtype = cells.dtype
    if dtype.is_numeric() or dtype == pl.Null:
        return "number"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype in (pl.Date, pl.Datetime):
        return "date"
    if dtype in (pl.Categorical, pl.Enum):
        return "category"
    if dtype != pl.String:
        raise DataError(
            f"column '{name}' holds values of type {dtype}, which are no numbers, words or dates", where=where,
            hint=f"leave it out with dataset.types: {{{name}: ignore}}, or write the table without it",
        )
    filled = len(cells) - cells.null_count()
    if not filled or len(columns.numbers(cells, form).bad) < MIXED * filled:
        return "category" if leading_zeros(cells) else "number"
    return "date" if len(columns.dates(cells, form).bad) < MIXED * filled else "category"


def leading_zeros(cells: pl.Series) -> bool:
    """Whether there are numbers such as 02139, which are names rather than numbers."""
    if cells.dtype != pl.String:
        return False
    return bool(cells.str.contains(r"^0\d").any())


@dataclass
class FoundColumn:
    """One column while its table is read. `declared`: the kind was said; `settled`: it was said, or found earlier.

    `filled` counts cells that are not missing, `bad` those that are no values of the kind, `known` numbers the words
    of a category.
    """

    name: str
    kind: ColumnKind
    form: TableFormat
    settled: bool = False
    declared: bool = False
    filled: int = 0
    bad: int = 0
    first_bad: tuple[str, str] = ("", "")
    zeros: bool = False
    timed: bool = False
    origin: float | None = None
    known: dict[str, int] = field(default_factory=dict)
    given_up: bool = False
    _fractions: bool = False
    _counts_rows: bool = False
    _rows: int = 0
    _as_written: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._counts_rows = _ROW_NUMBER.fullmatch(self.name) is not None

    @property
    def parts(self) -> tuple[str, ...]:
        """What the values of a column that is no category are: hour and minute of a date may turn out empty."""
        if self.kind == "date":
            return columns.date_parts(timed=True)
        return () if self.kind == "category" else ("",)

    def add(self, block: Block) -> np.ndarray:
        """The values of a block: (n, parts) float64, or (n,) int32 numbers of categories."""
        values = self.add_plain(block)
        if self.kind == "date":
            table = columns.date_numbers(values, self.parts)
            self.timed = self.timed or bool(np.any(table[:, -2:] > 0))
            return table
        return values if self.kind == "category" else values[:, None]

    def add_plain(self, block: Block) -> np.ndarray:
        """The values of a block, one a row: float64, points in time, or int32 numbers of categories."""
        cells = block.frame[self.name]
        if self.kind == "category":
            return self._categories(cells, block)
        values, bad = columns.parsed(self.kind, block, self.name, self.form)
        here = ~(np.isnat(values) if self.kind == "date" else np.isnan(values))
        self.filled += int(np.count_nonzero(here)) + len(bad)
        if len(bad):
            if not self.bad:
                self.first_bad = block.where(int(bad[0])), str(cells[int(bad[0])])
            self.bad += len(bad)
        if self.kind == "number":
            self._look_at(cells, values, here)
        return values

    def _look_at(self, cells: pl.Series, values: np.ndarray, here: np.ndarray) -> None:
        if self.origin is None and here.any():
            self.origin = float(values[here][0])
        if not (self.settled or self.zeros or self._fractions):
            self.zeros = leading_zeros(cells)
            self._fractions = bool(np.any(values[here] != np.round(values[here])))
        if self._counts_rows:
            counted = np.arange(self._rows, self._rows + len(values)) + (self.origin or 0)
            self._counts_rows = self.origin in (0, 1) and bool(np.array_equal(values, counted))
        self._rows += len(values)

    def _categories(self, cells: pl.Series, block: Block) -> np.ndarray:
        if self.given_up:
            return np.full(len(cells), -1, np.int32)
        words, distinct = columns.words(block, self.name)
        for word in distinct:
            if word not in self._as_written:
                tidy = word.strip()
                missing = tidy in ("", *self.form.missing)
                self._as_written[word] = -1 if missing else self.known.setdefault(tidy, len(self.known))
        codes = columns.numbers_of_words(words, self._as_written)
        self.filled += int(np.count_nonzero(codes >= 0))
        self.given_up = not self.settled and len(self.known) > max(_MANY, 0.9 * self.filled)
        return codes

    def changed(self) -> bool:
        """Whether the column turned out to be one of categories. Raises DataError for cells that do not fit."""
        if self.kind == "category" or not (self.bad or self.zeros):
            return False
        if not self.settled and (self.zeros or self.bad >= MIXED * self.filled):
            return True
        raise self.mixed(*self.first_bad, self.bad, self.kind)

    def mixed(self, where: str, cell: str, count: int, kind: str) -> DataError:
        """The error for a cell that is of no use in a column of another kind."""
        return DataError(
            f"column '{self.name}' holds {kind}s, but here {cell!r} ({count} such of {self.filled} cells)", where=where,
            hint=f"correct it, list it under dataset.missing, or say dataset.types: {{{self.name}: category}}",
        )

    def useless(self) -> str:
        """Why there is nothing to be learned from the column; empty where there may be."""
        if self.declared:
            return ""
        if self.given_up or (self.kind == "category" and len(self.known) > max(_FEW, self.filled / 2)):
            return f"{len(self.known)} different values in {self.filled} rows, like names or texts"
        if self.kind == "number" and self._counts_rows and self._rows > _FEW:
            return "the number of the row"
        return ""

    def column(self) -> Column:
        """What is known of it before anything is learned. Words for true and false make it a boolean."""
        if self.kind == "category":
            words = {word.lower() for word in self.known}
            if words and not self.declared and words <= {*columns.TRUE, *columns.FALSE} and not words <= {"0", "1"}:
                return Column(name=self.name, kind="boolean", parts=("",), origin=(0.0,))
            return Column(name=self.name, kind="category", categories=tuple(self.known))
        parts = columns.date_parts(timed=self.timed) if self.kind == "date" else ("",)
        origin = (self.origin or 0.0,) if self.kind == "number" else (0.0,) * len(parts)
        return Column(name=self.name, kind=self.kind, parts=parts, origin=origin)
