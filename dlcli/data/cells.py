"""Delimited text, CSV or TSV, as named columns of cells."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from dlcli.data.fetch import decompressed
from dlcli.errors import DataError
from dlcli.registry import did_you_mean

Column = str | int
"""A column: its name in the header, or its position, from 0."""


@dataclass(frozen=True)
class Cells:
    """Rows of equally many cells. `lines` has the line of each row in the file; the first row may be a header.

    `joined` are lines that were taken for the rest of the row before them.
    """

    where: str
    rows: list[list[str]]
    lines: list[int]
    joined: tuple[int, ...] = ()

    @property
    def head(self) -> list[str]:
        """The first row, without blanks around the cells."""
        return [cell.strip() for cell in self.rows[0]]

    def without_head(self) -> "Cells":
        """All rows but the first. Raises DataError where there are none."""
        if len(self.rows) < 2:
            raise DataError("there is a header, but no row below it", where=self.where, hint="give at least one row")
        return Cells(self.where, self.rows[1:], self.lines[1:], self.joined)

    def find(self, column: Column, key: str) -> int:
        """The position of a column; capitals in a name count as small letters. Raises DataError where there is none."""
        if isinstance(column, int):
            if not 0 <= column < len(self.rows[0]):
                raise DataError(
                    f"there is no column {column}; positions go from 0 to {len(self.rows[0]) - 1}",
                    where=self.where, hint=f"correct dataset.{key}",
                )
            return column
        names = self.head
        for known in (names, [name.lower() for name in names]):
            wanted = column if known is names else column.lower()
            if wanted in known:
                return known.index(wanted)
        hint = did_you_mean(column, names) or f"correct dataset.{key}, or give the column's position, from 0"
        raise DataError(
            f"there is no column '{column}'; there are {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}",
            where=self.where, hint=hint,
        )

    def texts(self, position: int) -> list[str]:
        """A column as it is written."""
        return [row[position] for row in self.rows]

    def numbers(self, positions: Sequence[int], names: Sequence[str] = ()) -> np.ndarray:
        """Columns: (rows, columns) float64. Raises DataError, with line and column, for what is no finite number."""
        try:
            values = np.array([[row[p] for p in positions] for row in self.rows], np.float64)
        except ValueError:
            values = np.array([[_number(row[p]) for p in positions] for row in self.rows])
        wrong = np.argwhere(~np.isfinite(values))
        if len(wrong):
            row, column = wrong[0]
            count = len({(row, positions[column]) for row, column in wrong.tolist()})  # a column may be asked for twice
            name = f" ({names[column]})" if len(names) else ""
            raise DataError(
                f"expected a finite number, found {self.rows[row][positions[column]]!r} ({count} such cell(s))",
                where=f"{self.where}, line {self.lines[row]}, column {positions[column]}{name}",
                hint="correct the cell, or leave the row out",
            )
        return values


def read_cells(path: Path, *, join: bool = False) -> Cells:
    """The cells of a file, gzip or not. Between cells stands a tab, if one is in the first line, else a comma or a
    semicolon; quotes hold cells together in the latter two only. With `join`, a line without any tab is the rest of the
    text that the line before it ends with.

    Raises DataError for what is no text in UTF-8, for an empty file, and with its line for a row of another width.
    """
    text = read_text(path)
    first = text.partition("\n")[0]
    delimiter = "\t" if "\t" in first else max(",;", key=first.count)
    reader = csv.reader(
        io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL,
    )
    rows: list[list[str]] = []
    lines, joined, start = [], [], 1
    try:
        for row in reader:
            if join and delimiter == "\t" and len(row) == 1 and rows and row[0].strip():
                rows[-1][-1] += f"\n{row[0]}"
                joined.append(start)
            elif any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"cannot be read as CSV: {error}", where=f"{path}, line {start}", hint="write the file again as plain CSV",
        ) from error
    if not rows:
        raise DataError("there is nothing in it", where=str(path), hint="give a header and one sample a line")
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(rows[0]):
            raise DataError(
                f"expected {len(rows[0])} cells, as in line {lines[0]}; found {len(row)}", where=f"{path}, line {line}",
                hint="correct the row; a cell with the delimiter in it stands in quotes",
            )
    return Cells(str(path), rows, lines, tuple(joined))


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, gzip or not, lines ending in a line feed. Raises DataError for other encodings."""
    try:
        text = decompressed(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"is not text in UTF-8: {error.reason} at byte {error.start}", where=f"{path}, line {line}",
            hint="save it in UTF-8, such as with `iconv -f latin1 -t utf-8`",
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        return float("nan")
    return value if isfinite(value) else float("nan")
