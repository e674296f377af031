"""parquet: rows of a table of your own, in Parquet."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlcli.core.component import Example
from dlcli.core.table import TableFormat
from dlcli.data.datasets._table import TableDataset

if TYPE_CHECKING:
    from dlcli.data.tabular.blocks import Rows


@dataclass(frozen=True, kw_only=True)
class Parquet(TableDataset):
    """Rows of a table in Parquet, and a column to be predicted from the others.

    x: (N, width) float32, y: (N,). Columns have types there: numbers, booleans and dates are what they are. Text is
    looked at as in a CSV file. Rows are read some thousands at a time.
    """

    examples: ClassVar = (
        Example({"path": "houses.parquet", "target": "price", "fallback": "digits"}),
        Example({
            "path": "visits.parquet", "target": "bought", "time": "when", "impute": "median", "validation_split": 0.2,
            "fallback": "digits",
        }),
    )

    @contextmanager
    def rows(self, path: Path, form: TableFormat) -> "Iterator[Rows]":
        """The rows of a file."""
        from dlcli.data.tabular.parquet import ParquetRows

        yield ParquetRows(path)

    def form(self, path: Path) -> TableFormat:
        """Only words for missing values and dates that are text need any explanation."""
        return TableFormat(missing=self.missing, date_format=self.date_format)
