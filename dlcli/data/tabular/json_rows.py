"""JSONL, one object a line, as blocks of rows."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import polars as pl

from dlcli.data.tabular.blocks import Block
from dlcli.data.tabular.conversion import check_columns
from dlcli.errors import DataError

_ROWS = 4096  # of a block
_HINT = 'give one object a line, such as {"age": 41, "city": "Ulm"}'


class JsonRows:
    """Objects whose keys are columns; `names` are those of the first one."""

    def __init__(self, chunks: Iterator[bytes], name: str) -> None:
        self.name = name
        self._objects = self._read(_lines(chunks))
        self._first = next(self._objects, None)
        if self._first is None:
            raise DataError("there is nothing in it", where=name, hint=_HINT)
        self.names = tuple(self._first[1])

    def blocks(self, columns: Sequence[str]) -> Iterator[Block]:
        """The rows, with these columns. Raises DataError, with the line, where an object lacks one."""
        rows: list[tuple[int, dict[str, Any]]] = [] if self._first is None else [self._first]
        self._first = None
        for line, found in self._objects:
            if any(column not in found for column in columns):
                check_columns(columns, tuple(found), f"{self.name}, line {line}")
            rows.append((line, found))
            if len(rows) >= _ROWS:
                yield self._block(rows, columns)
                rows = []
        if rows:
            yield self._block(rows, columns)

    def _read(self, lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, line in lines:
            where = f"{self.name}, line {number}"
            try:
                found = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DataError(f"cannot be read as JSON: {error}", where=where, hint=_HINT) from error
            if not isinstance(found, dict):
                raise DataError(f"expected a JSON object; found {type(found).__name__}", where=where, hint=_HINT)
            yield number, found

    def _block(self, rows: Sequence[tuple[int, dict[str, Any]]], columns: Sequence[str]) -> Block:
        def place(row: int) -> str:
            return f"{self.name}, line {rows[row][0]}"

        frame = pl.DataFrame([_series(column, [row[column] for _, row in rows], place) for column in columns])
        return Block(frame, place)


def _lines(chunks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Those that are not blank, with their numbers, from 1."""
    rest, number = b"", 0
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            number += 1
            if line.strip():
                yield number, line
    if rest.strip():
        yield number + 1, rest


def _series(name: str, values: list[Any], place: Callable[[int], str]) -> pl.Series:
    """A column of numbers, of booleans, or else of text."""
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds <= {int, float, bool, str}:
        row = next(n for n, value in enumerate(values) if isinstance(value, dict | list))
        raise DataError(
            f"'{name}' is a {'list' if isinstance(values[row], list) else 'mapping'}; a cell is a number or text",
            where=place(row), hint=_HINT,
        )
    if kinds <= {int, float}:
        return pl.Series(name, [None if value is None else _float(value) for value in values], pl.Float64)
    if kinds == {bool}:
        return pl.Series(name, values, pl.Boolean)
    return pl.Series(name, [None if value is None else _word(value) for value in values], pl.String)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer of hundreds of digits
        return float("inf")
