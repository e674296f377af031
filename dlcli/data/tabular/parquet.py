"""Parquet files as blocks of rows."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import polars as pl

from dlcli.data.tabular.blocks import Block
from dlcli.errors import DataError

_CELLS = 1 << 22  # of a block


class ParquetRows:
    """A Parquet file: `names` are the columns; `blocks` gives the rows. Raises DataError for a damaged file."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        try:
            self._frame = pl.scan_parquet(path, glob=False)
            self.names = tuple(self._frame.collect_schema().names())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self._damaged(error) from error

    def blocks(self, columns: Sequence[str]) -> Iterator[Block]:
        """The rows, with these columns."""
        step = max(1, _CELLS // max(1, len(columns)))
        first = 0
        while True:
            try:
                frame = self._frame.select(columns).slice(first, step).collect()
            except (pl.exceptions.PolarsError, OSError) as error:
                raise self._damaged(error) from error
            if not len(frame):
                return
            yield Block(frame, self._where(first))
            first += len(frame)

    def _where(self, first: int) -> Callable[[int], str]:
        return lambda row: f"{self.name}, row {first + row + 1}"

    def _damaged(self, error: Exception) -> DataError:
        return DataError(
            f"cannot be read as Parquet: {str(error).splitlines()[0]}", where=self.name,
            hint="write the file again; is it another kind of file?",
        )
