"""Raw texts for `predict`: a text itself, a file of texts, or standard input."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, TextIO

from dlcli.data.cells import Cells, read_cells
from dlcli.errors import DataError

_FILES = (".txt", ".csv", ".tsv", ".json", ".jsonl", ".md", ".npy", ".npz")


class Texts(NamedTuple):
    """Some texts of one source; `first` is the number of the first, None where the source is one text."""

    name: str
    texts: Sequence[str]
    first: int | None


def read(given: str, column: str, stdin: TextIO, *, chunk: int) -> Iterator[Texts]:
    """The texts of `-` (standard input), of a file (`.csv`, `.tsv`: the column of that name; `.jsonl`: strings, or
    objects with that key; others: a text a line), or the text `given` itself. Raises DataError.
    """
    if given == "-":
        yield from _chunks("-", _lines(stdin, "-", column), chunk)
        return
    path = Path(given)
    if not _exists(path):
        if path.suffix.lower() in _FILES and not any(c.isspace() for c in given):
            raise DataError("there is no such file", where=given, hint="correct the path; a text stands in quotes")
        if not given.strip():
            raise DataError("the text is empty", where="text", hint="give a text of at least one word")
        yield Texts(given, [given], None)
    elif path.is_dir():
        raise DataError("is a directory; the model takes texts", where=given, hint="give a text, or a file of texts")
    elif path.suffix.lower() in (".csv", ".tsv"):
        yield from _chunks(given, _column(read_cells(path), column), chunk)
    else:
        with path.open(encoding="utf-8-sig") as stream:
            yield from _chunks(given, _lines(stream, given, column), chunk)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a text that is too long for a file name
        return False


def _chunks(name: str, texts: Iterable[str], chunk: int) -> Iterator[Texts]:
    source, first = iter(texts), 0
    try:
        while some := list(islice(source, chunk)):
            yield Texts(name, some, first)
            first += len(some)
    except UnicodeDecodeError as error:
        raise DataError(
            f"is not text in UTF-8: {error.reason} at byte {error.start}", where=name, hint="save it in UTF-8",
        ) from error
    if not first:
        raise DataError("there is nothing in it", where=name, hint="give one text a line")


def _column(cells: Cells, column: str) -> list[str]:
    """The texts of a table with a header, or of the only column of one without."""
    if len(cells.rows[0]) == 1:
        body = cells.without_head() if cells.head[0].lower() == column.lower() else cells
        return body.texts(0)
    return cells.without_head().texts(cells.find(column, "text"))


def _lines(stream: TextIO, name: str, column: str) -> Iterator[str]:
    lines = ((number, line.rstrip("\n")) for number, line in enumerate(stream, 1) if line.strip())
    head = next(lines, None)
    if head is None:
        return
    as_json = name.lower().endswith((".json", ".jsonl")) or _object(head[1]) is not None
    for number, line in chain([head], lines):
        yield _text_of(line, column, f"{name}, line {number}") if as_json else line


def _object(line: str) -> object:
    """The JSON object of a line; None where it is none."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _text_of(line: str, column: str, where: str) -> str:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"cannot be read as JSON: {error}", where=where, hint="give one JSON value a line") from error
    text = value.get(column) if isinstance(value, dict) else value
    if not isinstance(text, str):
        raise DataError(
            f"expected a JSON string, or an object with the text under '{column}'", where=where,
            hint=f'write {{"{column}": "..."}}',
        )
    return text
