"""A table of texts, each with the name of its class."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlcli.data.cells import Cells, Column, read_cells
from dlcli.errors import DataError

_TEXTS = ("text", "message", "sentence", "review", "sms", "comment")
_LABELS = ("label", "class", "category", "sentiment", "target")


@dataclass(frozen=True)
class LabelledTexts:
    """Texts and labels, one a row of `cells`. `head` has the names of all columns, `column` is that of the texts."""

    texts: list[str]
    labels: list[str]
    cells: Cells
    head: Cells
    column: str

    def place(self, row: int) -> str:
        """Where a row is written."""
        return f"{self.cells.where}, line {self.cells.lines[row]}"

    def groups(self, column: Column) -> list[str]:
        """The column `group`, as it is written."""
        return self.cells.texts(self.head.find(column, "group"))

    def times(self, column: Column) -> np.ndarray:
        """The column `time`: numbers, or dates such as 2024-03-31. Raises DataError, with the line, for other cells."""
        cells = [cell.strip() for cell in self.cells.texts(self.head.find(column, "time"))]
        try:
            return np.array(cells, np.float64)
        except ValueError:
            return np.array([self._date(row, cell) for row, cell in enumerate(cells)])

    def _date(self, row: int, cell: str) -> np.datetime64:
        try:
            found = np.datetime64(cell, "s")
        except ValueError:
            found = None
        if found is None or np.isnat(found):
            raise DataError(
                f"expected a number, or a date such as 2024-03-31 or 2024-03-31T12:00; found {cell!r}",
                where=self.place(row), hint="correct the cell, or dataset.time",
            )
        return found


def read(path: Path, text: Column | None, label: Column | None) -> LabelledTexts:
    """The table of a file, its columns as named, or found. Raises DataError for what is none, and for empty texts."""
    cells = read_cells(path, join=True)
    head = [name.lower() for name in cells.head]
    texts = _named(head, _TEXTS) if text is None else cells.find(text, "text")
    labels = _named(head, _LABELS) if label is None else cells.find(label, "label")
    by_name = texts is not None and labels is not None and not isinstance(text or label, int)
    has_head = by_name or isinstance(text, str) or isinstance(label, str)
    body = cells.without_head() if has_head else cells
    texts, labels = _both(texts, labels, body)
    found = LabelledTexts(
        texts=body.texts(texts), labels=[cell.strip() for cell in body.texts(labels)], cells=body, head=cells,
        column=cells.head[texts] if has_head else "text",
    )
    for row, (written, name) in enumerate(zip(found.texts, found.labels, strict=True)):
        for what, cell in (("text", written.strip()), ("label", name)):
            if not cell:
                raise DataError(
                    f"the {what} is empty", where=found.place(row), hint=f"give it a {what}, or leave the row out",
                )
    return found


def _named(head: Sequence[str], names: Sequence[str]) -> int | None:
    return next((head.index(name) for name in names if name in head), None)


def _both(text: int | None, label: int | None, body: Cells) -> tuple[int, int]:
    """The columns of text and label, guessed where there are just two."""
    width = len(body.rows[0])
    if width == 2 and text is None and label is None:
        distinct = [len(set(body.texts(position))) for position in (0, 1)]
        label = int(distinct[1] < distinct[0])
    if width == 2 and (text is None or label is None):
        text, label = (1 - label if text is None else text), (1 - text if label is None else label)  # type: ignore[operator]
    if text is None or label is None or text == label:
        raise DataError(
            f"which of the {width} column(s) are the text and the label is not clear from the first row: "
            f"{', '.join(cell[:20] for cell in body.rows[0][:8])}",
            where=body.where, hint="set dataset.text and dataset.label to their names, or to positions from 0",
        )
    return text, label
