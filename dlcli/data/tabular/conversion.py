"""Rows of a table whose columns are known already, as numbers and categories."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from dlcli.core.table import Column, TableFormat
from dlcli.data.tabular import columns
from dlcli.data.tabular.blocks import Block, Rows
from dlcli.data.tabular.found import FoundColumn
from dlcli.data.tabular.raw import Aside, Places, RawTable
from dlcli.errors import DataError
from dlcli.registry import did_you_mean


@dataclass
class Surprise:
    """Cells of a column that are not as in training: an example, the place of the first, how many."""

    example: str
    where: str
    count: int = 0


@dataclass
class Conversion:
    """Turns blocks into values as `RawTable` has them; counts what training had nothing like."""

    columns: Sequence[Column]
    form: TableFormat
    rows: int = 0
    unseen: dict[str, Surprise] = field(default_factory=dict)
    missing: dict[str, Surprise] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known = {
            column.name: {
                **{word: number for number, word in enumerate(column.categories)}, **dict.fromkeys(column.rare, -3),
            } for column in self.columns
        }

    def convert(self, block: Block) -> tuple[np.ndarray, np.ndarray]:
        """numbers: (n, P) float32 less their origins, codes: (n, K) int32. Raises DataError for other cells."""
        block = block.prepared(
            [column.name for column in self.columns if column.kind == "number"],
            [column.name for column in self.columns if column.kind == "category"],
        )
        rows = len(block.frame)
        numbers = np.empty((rows, sum(len(column.parts) for column in self.columns)), np.float32)
        codes = np.empty((rows, sum(column.kind == "category" for column in self.columns)), np.int32)
        at = number = 0
        for column in self.columns:
            if column.kind == "category":
                codes[:, number] = self._categories(column, block)
                number += 1
                continue
            stop = at + len(column.parts)
            values = self.values(column, block)
            if not column.gaps:
                self._count(self.missing, column, np.isnan(values[:, 0]), block)
            numbers[:, at:stop] = values - np.array(column.origin)
            at = stop
        self.rows += rows
        return numbers, codes

    def surprises(self) -> Iterator[str]:
        """What is not as in training, for people."""
        for column in self.columns:
            if one := self.unseen.get(column.name):
                fate = "the rare ones of training, which share a place" if column.other else "none that it knows"
                yield (
                    f"column '{column.name}': {one.count} of {self.rows} values are not among the "
                    f"{len(column.categories) + len(column.rare)} categories of training, the first {one.example!r} "
                    f"({one.where}); they count as {fate}"
                )
            if one := self.missing.get(column.name):
                fill = ", ".join(f"{value:.6g}" for value in column.fill) or "no category"
                yield (
                    f"column '{column.name}': {one.count} of {self.rows} values are missing, the first in {one.where}; "
                    f"training had all, so they count as {fill}"
                )

    def values(self, column: Column, block: Block) -> np.ndarray:
        """(n, parts) float64 of a column that is no category."""
        values, bad = columns.parsed(column.kind, block, column.name, self.form)
        if len(bad):
            row = int(bad[0])
            cell = str(block.frame[column.name][row])
            raise DataError(
                f"column '{column.name}' holds {column.kind}s, but here {cell!r}", where=block.where(row),
                hint="correct the cell, or leave it empty if the value is not known",
            )
        return columns.date_numbers(values, column.parts) if column.kind == "date" else values[:, None]

    def _categories(self, column: Column, block: Block) -> np.ndarray:
        cells, distinct = columns.words(block, column.name)
        known, numbers = self._known[column.name], {}
        for word in distinct:
            tidy = word.strip()
            numbers[word] = -1 if tidy in ("", *self.form.missing) else known.get(tidy, -2)
        codes = columns.numbers_of_words(cells, numbers)
        if column.rare or not column.other:
            self._count(self.unseen, column, codes == -2, block)
        if not column.gaps:
            self._count(self.missing, column, codes == -1, block)
        return codes

    def _count(self, found: dict[str, Surprise], column: Column, rows: np.ndarray, block: Block) -> None:
        count = int(np.count_nonzero(rows))
        if count:
            first = int(rows.argmax())
            one = found.setdefault(column.name, Surprise(str(block.frame[column.name][first]), block.where(first)))
            one.count += count


def collect_as(rows: Rows, like: RawTable, others: Sequence[str], form: TableFormat, name: str) -> RawTable:
    """A further table with the columns of another one. Raises DataError where it lacks one, or holds something else."""
    wanted = [column.name for column in like.columns]
    check_columns([*wanted, *others], rows.names, name)
    conversion, places = Conversion(like.columns, form), Places(name)
    kinds = {column: like.aside[column].column.kind for column in others}
    found = [FoundColumn(column, kind, form, settled=True, declared=True) for column, kind in kinds.items()]
    parts: list[tuple[np.ndarray, ...]] = []
    for block in rows.blocks([*wanted, *others]):
        places.add(block)
        parts.append((*conversion.convert(block), *(column.add_plain(block) for column in found)))
    for column in found:
        column.changed()
    if not places.rows:
        raise DataError("there is a header, but no row below it", where=name, hint="give at least one row")
    numbers, codes, *values = (np.concatenate(part) for part in zip(*parts, strict=True))
    aside = {
        one.name: Aside(Column(name=one.name, kind=one.kind, categories=tuple(one.known)), some)
        for one, some in zip(found, values, strict=True)
    }
    return RawTable(like.columns, numbers, codes, aside, places)


def check_columns(wanted: Sequence[str], names: Sequence[str], where: str) -> None:
    """Raises DataError, with the nearest name, where a column is not there."""
    missing = [name for name in wanted if name not in names]
    if missing:
        others = [name for name in names if name not in wanted]
        hint = did_you_mean(missing[0], others) or f"there are {', '.join(list(names)[:20])}"
        more = f" ({len(missing)} of {len(wanted)} columns are missing)" if len(missing) > 1 else ""
        raise DataError(f"there is no column '{missing[0]}'{more}", where=where, hint=hint)
