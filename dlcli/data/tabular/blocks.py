"""Blocks: rows of a table that are in memory together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import repeat, takewhile
from typing import NamedTuple, Protocol

import polars as pl

from dlcli.data.ahead import ahead


class Block(NamedTuple):
    """Some rows of a table.

    `frame` has the wanted columns in the wanted order, of any type; null is a missing value. `where` tells the place
    of a row of the block, such as `rows.csv, line 7`. `line` is the line of its first row where each row is one line.
    """

    frame: pl.DataFrame
    where: Callable[[int], str]
    line: int | None = None
    cast: Mapping[str, pl.Series] = {}
    words: Mapping[str, list[str]] = {}

    def prepared(self, numbers: Sequence[str], categories: Sequence[str]) -> "Block":
        """The same with what is the same work for many columns done for all at once: text as numbers where it is one
        (`cast`), and the different words of categories, sorted (`words`).
        """
        schema = self.frame.schema
        texts = [name for name in numbers if schema[name] == pl.String]
        kinds = [name for name in categories if schema[name] == pl.String]
        cast = self.frame.select(pl.col(texts).cast(pl.Float64, strict=False)) if texts else self.frame.select([])
        words = self.frame.select(pl.col(kinds).unique().drop_nulls().implode()) if kinds else None
        return self._replace(
            cast={name: cast[name] for name in texts},
            words={} if words is None else {name: sorted(words[name][0].to_list()) for name in kinds},
        )


@contextmanager
def in_advance(blocks: Iterator[Block]) -> Iterator[Iterator[Block]]:
    """The same blocks; a thread of its own reads the next one while one is in use."""
    following = partial(next, blocks, None)
    with ahead(repeat(following), threads=1, depth=1) as found:
        yield takewhile(lambda block: block is not None, found)


class Rows(Protocol):
    """A table that is read from its first row to its last, once."""

    @property
    def names(self) -> tuple[str, ...]:
        """All columns."""
        ...

    def blocks(self, columns: Sequence[str]) -> Iterator[Block]:
        """The rows, with these columns. Raises DataError, with the place, where a row cannot be read."""
        ...
