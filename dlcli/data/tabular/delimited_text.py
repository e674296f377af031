"""What delimited text looks like: its delimiter, whether it has a header, where its rows end."""

import re
from collections.abc import Sequence

import numpy as np

from dlcli.core.table import TableFormat

DELIMITERS = ",;|"
QUOTED = re.compile(rb'"[^"]*"')


def delimiter_of(text: bytes) -> str:
    """A tab if there is one in the first line, else the commonest sign of `DELIMITERS` there."""
    first = QUOTED.sub(b"", text.partition(b"\n")[0]).decode("utf-8", "replace")
    return "\t" if "\t" in first else max(DELIMITERS, key=first.count)


def is_header(cells: Sequence[str], expected: Sequence[str], form: TableFormat) -> bool:
    """Whether a first row is one: it has an expected name, or no number in it."""
    return bool(set(cells) & set(expected)) or not any(_is_number(cell, form.decimal) for cell in cells)


def _is_number(cell: str, decimal: str) -> bool:
    try:
        float(cell.replace(decimal, "."))
    except ValueError:
        return False
    return True


def first_end(text: bytes, *, quoted: bool) -> int:
    """Where the first row ends; 0 if it does not."""
    end = text.find(b"\n")
    while quoted and end >= 0 and text.count(b'"', 0, end) % 2:
        end = text.find(b"\n", end + 1)
    return end + 1


def last_end(text: bytes, *, quoted: bool) -> int:
    """Where the last whole row ends: a line feed that is not within quotes; 0 if there is none."""
    end = text.rfind(b"\n")
    quotes = text.count(b'"', 0, end) if quoted and end >= 0 else 0
    while quotes % 2 and end >= 0:
        before = text.rfind(b"\n", 0, end)
        quotes -= text.count(b'"', max(before, 0), end)
        end = before
    return end + 1


def count_of(piece: bytes, sign: str) -> int:
    """How often a sign is there; for frequent ones faster than `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(piece, np.uint8) == ord(sign)))


def may_have_blank(piece: bytes) -> bool:
    """Whether a line begins with a blank or with its end: a look that is much cheaper than an expression."""
    text = np.frombuffer(piece, np.uint8)
    starts = np.flatnonzero(text == ord("\n")) + 1
    return piece[0] in b"\r\n " or bool(np.isin(text[starts[starts < len(text)]], list(b"\r\n ")).any())


def filled(cells: Sequence[str]) -> bool:
    """Whether it is more than a blank line."""
    return len(cells) > 1 or any(cell.strip() for cell in cells)
