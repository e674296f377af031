"""Rows of numbers in text, CSV, TSV or JSONL, as samples of a given shape; read line by line."""

import csv
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from math import isfinite, prod

import numpy as np

from dlcli.errors import DataError

Line = tuple[int, str]
"""A line and its number, from 1."""


def read_table(head: Line, lines: Iterable[Line], name: str, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """Samples of comma-, tab- or semicolon-separated numbers; a first line without any number is a header.

    Raises DataError with line and column for a ragged row, and for what is no finite number.
    """
    delimiter = max(",\t;", key=head[1].count)
    header: list[str] | None = None
    for number, line in chain([(head[0], head[1].lstrip("\ufeff"))], lines):
        try:
            cells = next(csv.reader([line], delimiter=delimiter))
        except csv.Error as error:
            raise DataError(
                f"cannot be read as CSV: {error}", where=f"{name}, line {number}", hint="give rows of plain numbers",
            ) from error
        if number == head[0] and not any(_is_number(cell) for cell in cells):
            header = cells
            _check_width(cells, shape, name, number, "columns")
            continue
        _check_width(cells, shape, name, number, "numbers")
        yield np.array([
            _number(cell, name, number, column, header) for column, cell in enumerate(cells, 1)
        ]).reshape(shape)


def read_jsonl(head: Line, lines: Iterable[Line], name: str, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """Samples of JSON lists, one a line, nested as `shape` says or flat. Raises DataError with the line."""
    for number, line in chain([(head[0], head[1].lstrip("\ufeff"))], lines):
        where = f"{name}, line {number}"
        hint = "give one list of numbers a line, such as [0.5, 1, 2]"
        try:
            value = json.loads(line)
            x = np.array(value, dtype=float)
        except (ValueError, TypeError, RecursionError) as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"expected a JSON list of numbers: {reason}", where=where, hint=hint) from error
        if not isinstance(value, list) or x.shape not in (shape, (prod(shape),)):
            raise DataError(
                f"expected a list of shape {shape}, or {prod(shape)} numbers; found shape {x.shape}",
                where=where, hint=hint,
            )
        if not np.isfinite(x).all():
            raise DataError("a number is NaN or infinite", where=where, hint="fill the gap, or leave the line out")
        yield x.reshape(shape)


def _check_width(cells: list[str], shape: tuple[int, ...], name: str, number: int, what: str) -> None:
    if len(cells) != prod(shape):
        raise DataError(
            f"expected {prod(shape)} {what}, found {len(cells)}", where=f"{name}, line {number}",
            hint=f"a sample has shape {shape}: give its numbers, one row a sample, and no target",
        )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _number(cell: str, name: str, number: int, column: int, header: list[str] | None) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        title = f" ({header[column - 1]})" if header else ""
        raise DataError(
            f"expected a finite number, found {cell!r}", where=f"{name}, line {number}, column {column}{title}",
            hint="correct the cell, or leave the row out",
        )
    return value
