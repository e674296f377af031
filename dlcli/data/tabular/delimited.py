"""Delimited text, CSV or TSV, as blocks of rows: in constant memory, each row with its line in the file."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from dlcli.core.table import TableFormat
from dlcli.data.tabular.blocks import Block
from dlcli.data.tabular.columns import numbers
from dlcli.data.tabular.delimited_text import (
    QUOTED,
    count_of,
    delimiter_of,
    filled,
    first_end,
    is_header,
    last_end,
    may_have_blank,
)
from dlcli.data.tabular.text_stream import CHUNK, lead, refuse
from dlcli.errors import DataError

_LONGEST = 1 << 26  # bytes; a row that is longer began with a quote that nobody closed
_LOOK = 1000  # rows
_WIDE = 256  # columns, for which a chunk of text has rows enough
_BLANK_LINES = re.compile(rb"\A(?:[ \r]*\n)+")
_BLANK = re.compile(rb"(?:\n|\A)[ \r]*\n")


class Delimited:
    """CSV, TSV and their like, in chunks of UTF-8: `names` are the columns, `column_0` and so on where they have none;
    `blocks` gives the rows, once.

    `delimiter` and `header` are found where they are None: the delimiter is a tab if there is one in the first line,
    else the commonest there of comma, semicolon and bar; a first row with a number in it is no header, unless it
    has one of the `expected` names. Quotes hold a cell together, but not between tabs. Cells are text; those that
    `form.missing` lists are null. Raises DataError for what is no such table.
    """

    def __init__(
        self, chunks: Iterator[bytes], name: str, form: TableFormat, *, delimiter: str | None = None,
        header: bool | None = None, expected: Sequence[str] = (),
    ) -> None:
        self.name, self.form, self._chunks = name, form, chunks
        first = lead(self._chunks)
        if not first.strip():
            raise DataError("there is nothing in it", where=name, hint="give a header and one sample a line")
        start = _BLANK_LINES.sub(b"", first)
        self._line = 1 + first[:len(first) - len(start)].count(b"\n")
        self.delimiter = delimiter or delimiter_of(start)
        self.quote = None if self.delimiter == "\t" else '"'
        while not first_end(start, quoted=self.quote is not None) and (more := next(self._chunks, b"")):
            start += more
        cells, rest = self._first_row(start)
        self.header = is_header(cells, expected, form) if header is None else header
        self.names = tuple((cell if self.header else "") or f"column_{n}" for n, cell in enumerate(cells))
        self._check_names()
        self._rest = rest if self.header else start
        self._line += start[:len(start) - len(self._rest)].count(b"\n")

    def blocks(self, columns: Sequence[str]) -> Iterator[Block]:
        """The rows, with these columns. Raises DataError, with the line, for what is no row like the others."""
        line = self._line
        for piece in self._pieces():
            lines = count_of(piece, "\n")
            if not piece.isspace():
                frame = self._frame(piece, line)
                alone = len(frame) == lines + (not piece.endswith(b"\n"))
                yield Block(
                    frame.select(columns), self._where(piece, line), line if alone else None,
                )
            line += lines

    def _pieces(self) -> Iterator[bytes]:
        """Whole rows, some megabytes at a time; more where there are many columns, each of which is looked at."""
        rest = self._rest
        least = min(_LONGEST, CHUNK * (len(self.names) // _WIDE))
        while True:
            end = 0
            if len(rest) >= least:
                end = last_end(rest, quoted=self.quote is not None)
            if end:
                yield rest[:end]
                rest = rest[end:]
            elif len(rest) > _LONGEST:
                raise DataError(
                    f"a row is longer than {_LONGEST >> 20} MB: a quote may be open", where=self.name,
                    hint='give one sample a line; a quote within a quoted cell is written twice: "a ""word"""',
                )
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            rest += chunk
        if rest:
            yield rest

    def _first_row(self, text: bytes) -> tuple[list[str], bytes]:
        """(its cells, what comes after it)."""
        end = first_end(text, quoted=self.quote is not None) or len(text)
        try:
            row = text[:end].decode("utf-8")
            cells = [cell.strip() for cell in next(self._reader(row))]
        except UnicodeDecodeError as error:
            refuse(error, self.name, self._line)
        except csv.Error as error:
            raise DataError(
                f"cannot be read as CSV: {error}", where=f"{self.name}, line {self._line}", hint="correct the header",
            ) from error
        return cells, text[end:]

    def _check_names(self) -> None:
        where = f"{self.name}, line {self._line}"
        for number, column in enumerate(self.names):
            if (first := self.names.index(column)) < number:
                raise DataError(
                    f"two columns are named '{column}': {first} and {number}, counted from 0", where=where,
                    hint="rename one of them in the header",
                )

    def _frame(self, piece: bytes, line: int) -> pl.DataFrame:
        """All rows of a piece. Raises DataError where one has another width, or is no text."""
        if b"\0" in piece:
            raise DataError(
                "holds bytes of 0, so it is no text", where=self.name, hint="give a CSV in UTF-8, or a Parquet file",
            )
        clean = self._without_blank(piece) if may_have_blank(piece) and _BLANK.search(piece) else piece
        try:
            frame = pl.read_csv(
                clean, has_header=False, separator=self.delimiter, quote_char=self.quote,
                schema=dict.fromkeys(self.names, pl.String), null_values=list(self.form.missing),
            )
        except (pl.exceptions.PolarsError, ValueError) as error:
            self._diagnose(piece, line)
            raise DataError(
                f"cannot be read as CSV: {str(error).splitlines()[0]}", where=f"{self.name}, from line {line} on",
                hint="write the file again as plain CSV",
            ) from error
        if not self._even(clean, len(frame)):
            self._diagnose(piece, line)
        return frame

    def _even(self, piece: bytes, rows: int) -> bool:
        """Whether quotes come in pairs, and there are as many delimiters as rows of one width have; rows that are too
        long were refused.
        """
        if self.quote is not None and b'"' in piece:
            piece = QUOTED.sub(b"", piece)
            if b'"' in piece:
                return False
        return count_of(piece, self.delimiter) == rows * (len(self.names) - 1)

    def _without_blank(self, piece: bytes) -> bytes:
        """The rows that have anything in them, written anew where a blank line might belong to a cell."""
        if self.quote is None or b'"' not in piece:
            return b"".join(row for row in piece.splitlines(keepends=True) if row.strip(b" \r\n"))
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator="\n")
        writer.writerows(cells for cells in self._reader(piece.decode("utf-8", "replace")) if filled(cells))
        return out.getvalue().encode()

    def _where(self, piece: bytes, line: int) -> Callable[[int], str]:
        def starts() -> Iterator[int]:
            reader, start = self._reader(piece.decode("utf-8", "replace")), line
            for cells in reader:
                if filled(cells):
                    yield start
                start = line + reader.line_num

        def where(row: int) -> str:
            found = next((start for number, start in enumerate(starts()) if number == row), None)
            return self.name if found is None else f"{self.name}, line {found}"

        return where

    def _reader(self, text: str, *, strict: bool = False) -> Any:
        return csv.reader(
            io.StringIO(text, newline=""), delimiter=self.delimiter, strict=strict,
            quoting=csv.QUOTE_NONE if self.quote is None else csv.QUOTE_MINIMAL,
        )

    def _diagnose(self, piece: bytes, line: int) -> None:
        """Raises DataError for the first row that is no text, has another width, or quotes that do not match."""
        try:
            text = piece.decode("utf-8")
        except UnicodeDecodeError as error:
            refuse(error, self.name, line + piece.count(b"\n", 0, error.start))
        reader, start = self._reader(text, strict=True), line
        try:
            for cells in reader:
                if filled(cells) and len(cells) != len(self.names):
                    raise DataError(
                        f"expected {len(self.names)} cells, as {'the header' if self.header else 'the first row'} has; "
                        f"found {len(cells)}", where=f"{self.name}, line {start}",
                        hint=f"correct the row; a cell with {self.delimiter!r} in it stands in quotes",
                    )
                start = line + reader.line_num
        except csv.Error as error:
            raise _mismatch(str(error), f"{self.name}, line {start}") from error
        for number, row in enumerate(piece.splitlines() if self.quote else []):
            if row.count(b'"') % 2:  # cells of several lines would have been found to end
                what = "one stands in a cell that does not begin with one"
                raise _mismatch(what, f"{self.name}, line {line + number}")


def decimal_of(rows: Delimited) -> str:
    """The decimal point of the first rows: a comma, if with it more columns are numbers."""
    block = next(rows.blocks(rows.names), None)
    found = {".": 0, ",": 0}
    for column in () if block is None else block.frame.head(_LOOK):
        for decimal in found:
            parsed = numbers(column, replace(rows.form, decimal=decimal))
            found[decimal] += column.null_count() < len(column) and not len(parsed.bad)
    return max(found, key=lambda decimal: found[decimal])


def _mismatch(what: str, where: str) -> DataError:
    return DataError(
        f"the quotes do not match: {what}", where=where,
        hint='a cell with a quote in it stands in quotes, and the quote is written twice: "a ""word"""',
    )
