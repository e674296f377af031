"""Rows of a table whose columns are known already, as numbers and categories."""

from collections.abc import Callable, Sequence
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
    """Cells of a column that are not as in training: how many, an example, and the place of the first."""

    count: int = 0
    example: str = ""
    where: str = ""

    def add(self, count: int, example: str, where: Callable[[], str]) -> None:
        """Counts some more."""
        if count and not self.count:
            self.example, self.where = example, where()
        self.count += count


@dataclass
class Conversion:
    """Turns blocks into values as `RawTable` has them; counts categories that are not among the known ones."""

    columns: Sequence[Column]
    form: TableFormat
    unseen: dict[str, Surprise] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known = {
            column.name: {word: number for number, word in enumerate(column.categories)} for column in self.columns
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
            numbers[:, at:stop] = self.values(column, block) - np.array(column.origin)
            at = stop
        return numbers, codes

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
        unseen = np.flatnonzero(codes == -2)
        if len(unseen):
            row = int(unseen[0])
            surprise = self.unseen.setdefault(column.name, Surprise())
            surprise.add(len(unseen), str(cells[row]), lambda: block.where(row))
        return codes


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
