"""csv: rows of a table of your own, in CSV or TSV."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from dlcli.core.component import Example
from dlcli.core.table import TableFormat
from dlcli.data.datasets._table import TableDataset

if TYPE_CHECKING:
    from dlcli.data.tabular.blocks import Rows


@dataclass(frozen=True, kw_only=True)
class Csv(TableDataset):
    """Rows of a table in CSV, TSV or the like, gzip or not, and a column to be predicted from the others.

    x: (N, width) float32, y: (N,). Text in `charset` (default utf-8). `delimiter` stands between cells: by default a
    tab if there is one in the first line, else the commonest there of comma, semicolon and bar. `decimal` is the
    decimal point (default: the point, or the comma where a table without commas between cells has numbers with one).
    `header` says whether the first row names the columns (default: if no cell of it is a number); without one they are
    named `column_0`, `column_1`, and so on. Quotes hold a cell together, but not between tabs.
    """

    examples: ClassVar = (
        Example({"path": "houses.csv", "target": "price", "fallback": "digits"}),
        Example({
            "path": "people.csv", "target": "income", "features": ["age", "city", "since"], "types": {"age": "number"},
            "encoding": {"city": "embedding"}, "validation_split": 0.2, "fallback": "digits",
        }),
    )

    delimiter: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] | None = None
    header: bool | None = None
    charset: str = "utf-8"

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            text = codecs.lookup(self.charset)._is_text_encoding
        except LookupError:
            text = False
        if not text:
            raise ValueError(f"charset must be an encoding of text, such as utf-8 or latin-1; found {self.charset!r}")

    @contextmanager
    def rows(self, path: Path, form: TableFormat) -> "Iterator[Rows]":
        """The rows of a file."""
        from dlcli.data.tabular.delimited import Delimited
        from dlcli.data.tabular.text_stream import chunks

        with path.open("rb") as stream:
            text = chunks(stream, str(path), form.charset)
            yield Delimited(text, str(path), form, delimiter=self.delimiter, header=form.header)

    def form(self, path: Path) -> TableFormat:
        """How the file is written."""
        from dlcli.data.tabular.delimited import Delimited, decimal_of
        from dlcli.data.tabular.text_stream import chunks

        form = TableFormat(
            missing=self.missing, decimal=self.decimal or ".", date_format=self.date_format, charset=self.charset,
        )
        with path.open("rb") as stream:
            text = chunks(stream, str(path), form.charset)
            rows = Delimited(text, str(path), form, delimiter=self.delimiter, header=self.header)
            found = decimal_of(rows) if self.decimal is None and rows.delimiter != "," else form.decimal
            return replace(form, decimal=found, header=rows.header, width=len(rows.names))
