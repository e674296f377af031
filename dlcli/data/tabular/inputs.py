"""Raw rows for `predict`: a table, JSONL or standard input as samples, some at a time."""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from dlcli.core.memory import Memory
from dlcli.core.table import Table
from dlcli.data.tabular.blocks import Rows
from dlcli.data.tabular.conversion import Conversion, check_columns
from dlcli.data.tabular.delimited import Delimited
from dlcli.data.tabular.json_rows import JsonRows
from dlcli.data.tabular.learning import known_words
from dlcli.data.tabular.parquet import ParquetRows
from dlcli.data.tabular.samples import Encoder, slots_of
from dlcli.data.tabular.text_stream import CHUNK, chunks, lead
from dlcli.errors import DataError


class Samples(NamedTuple):
    """Some samples x: (n, width) of one source; `first` is the number of the first."""

    x: np.ndarray
    first: int


def read(given: str, table: Table, stdin: TextIO, warn: Callable[[str], None], *, chunk: int) -> Iterator[Samples]:
    """The rows of a CSV, TSV, Parquet or JSONL file, or of `-`, standard input: columns by name, others left alone.

    What training never saw is counted, and told at the end. Raises DataError where a column is missing, or a cell is
    of another kind than in training.
    """
    with ExitStack() as opened:
        rows = _rows(given, table, stdin, opened)
        names = [column.name for column in table.columns]
        rows = _named(rows, table, given)
        check_columns(names, rows.names, given)
        conversion, encoder = Conversion(table.columns, table.format), Encoder(table)
        memory = Memory(np.dtype(np.float32))
        first = 0
        for block in rows.blocks(names):
            numbers, codes = conversion.convert(block)
            slots = slots_of(codes, table.categorical, known_words(table.columns))
            for start in range(0, len(numbers), chunk):
                part = slice(start, start + chunk)
                x = np.empty((len(numbers[part]), table.width), np.float32)
                encoder.encode(numbers[part], slots[part], x, memory)
                yield Samples(x, first + start)
            first += len(numbers)
    if not first:
        raise DataError("there is a header, but no row below it", where=given, hint="give one sample a line")
    for text in conversion.surprises():
        warn(f"{given}: {text}")


def _rows(given: str, table: Table, stdin: TextIO, opened: ExitStack) -> Rows:
    if given == "-":
        return _text_rows(_binary(stdin), given, table)
    path = Path(given)
    if path.is_dir():
        raise DataError(
            "is a directory; the model takes rows of a table", where=given,
            hint="give a CSV, TSV, Parquet or JSONL file",
        )
    if not path.exists():
        raise DataError("there is no such file", where=given, hint="correct the path")
    if path.suffix.lower() in (".npy", ".npz"):
        raise DataError(
            "is an array without names; the model takes rows of a table, by the names of their columns", where=given,
            hint="give a CSV, TSV, Parquet or JSONL file",
        )
    try:
        stream = opened.enter_context(path.open("rb"))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=given, hint="check the file") from error
    if stream.peek(4).startswith(b"PAR1"):
        return ParquetRows(path)
    return _text_rows(stream, given, table)


def _text_rows(stream: Any, name: str, table: Table) -> Rows:
    """CSV or TSV; JSONL, where the first sign is a brace."""
    text = chunks(stream, name, table.format.charset)
    first = lead(text)
    whole = chain([first], text)
    if first.lstrip()[:1] in (b"{", b"["):
        return JsonRows(whole, name)
    return Delimited(whole, name, table.format, expected=[column.name for column in table.columns])


def _named(rows: Rows, table: Table, name: str) -> Rows:
    """The rows with the names that training knew them by, where there is no header."""
    if not isinstance(rows, Delimited) or rows.header:
        return rows
    wanted = [column.name for column in table.columns]
    if table.format.header:
        raise DataError(
            "there is no header: the first row has a number in it", where=name,
            hint=f"name the columns in the first row, as in training: {', '.join(wanted[:5])}, ...",
        )
    if len(rows.names) == len(wanted) != table.format.width:  # without the target: features alone, in their order
        rows.names = tuple(wanted)
    return rows


class _Now:
    """A pipe, read as what is written to it comes."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream

    def read(self, size: int = CHUNK) -> bytes:
        return self._stream.read1(size)


def _binary(stream: TextIO) -> Any:
    raw = getattr(stream, "buffer", None)
    return io.BytesIO(stream.read().encode()) if raw is None else _Now(raw)
