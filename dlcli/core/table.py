"""What is known of a table: how it is written, what its columns are, and what was learned of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

ColumnKind = Literal["number", "category", "boolean", "date"]

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?")
DATE_PARTS = ("year", "month", "day", "weekday")
TIME_PARTS = ("hour", "minute")


@dataclass(frozen=True, kw_only=True)
class TableFormat:
    """How the cells of a table are written.

    `missing` are cells that stand for no value, `decimal` is the decimal point, `date_format` how dates are
    written (None: found), `charset` the encoding of a text file. `header`: whether the first row of a text file names
    the columns; without one they are `column_0`, `column_1`, ..., of which there are `width`.
    """

    missing: tuple[str, ...] = MISSING
    decimal: str = "."
    date_format: str | None = None
    charset: str = "utf-8"
    header: bool = True
    width: int = 0


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table, and how it becomes numbers of a sample.

    A number, a boolean or a date becomes `parts` numbers: (value - `mean`) / `scale`, a missing one being `fill`
    before that; `origin` is close to the values, so that float32 holds what they differ by. A category becomes one
    place of 0 or 1 for each of the `categories`, one for the `other` ones if there are such, and one for a missing
    value if training had `gaps`; or, `embedded`, the number of that place, from 1, and 0 for what training never
    saw. Gaps of the others have a place of 0 or 1 too. `rare` are the other ones of training, unless they are too many
    to be stored: then it is not known whether a word is one of them.
    """

    name: str
    kind: ColumnKind
    parts: tuple[str, ...] = ()
    origin: tuple[float, ...] = ()
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    fill: tuple[float, ...] = ()
    gaps: bool = False
    categories: tuple[str, ...] = ()
    other: bool = False
    rare: tuple[str, ...] = ()
    embedded: bool = False

    @property
    def choices(self) -> int:
        """Places of a category; 0 for other columns."""
        return len(self.categories) + self.other + self.gaps if self.kind == "category" else 0


@dataclass(frozen=True, kw_only=True)
class Table:
    """The columns that a sample is made of, in the order of the file, and how the file is written.

    A sample holds the numbers of all columns, then the places for gaps in them, then the places of the categories,
    and at the end the ids of the embedded ones.
    """

    columns: tuple[Column, ...]
    format: TableFormat = TableFormat()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Table":
        """The table that `dataclasses.asdict` was given, also after a way through JSON."""
        columns = (Column(**{key: _tuple(value) for key, value in column.items()}) for column in data["columns"])
        form = TableFormat(**{key: _tuple(value) for key, value in data["format"].items()})
        return cls(columns=tuple(columns), format=form)

    @property
    def numeric(self) -> tuple[Column, ...]:
        """Numbers, booleans and dates."""
        return tuple(column for column in self.columns if column.kind != "category")

    @property
    def categorical(self) -> tuple[Column, ...]:
        """Categories, embedded or not."""
        return tuple(column for column in self.columns if column.kind == "category")

    @property
    def ids(self) -> tuple[int, ...]:
        """For each embedded column, how many ids it has; they are the last numbers of a sample."""
        return tuple(column.choices + 1 for column in self.columns if column.embedded)

    def places(self) -> Iterator[str]:
        """A name for each number of a sample, such as `age`, `age is missing`, `city=Ulm`, `when.month`."""
        for column in self.numeric:
            yield from (f"{column.name}.{part}" if part else column.name for part in column.parts)
        yield from (f"{column.name} is missing" for column in self.numeric if column.gaps)
        for column in self.categorical:
            if not column.embedded:
                yield from (f"{column.name}={category}" for category in column.categories)
                yield from ([f"{column.name} is another"] if column.other else [])
                yield from ([f"{column.name} is missing"] if column.gaps else [])
        yield from (f"id of {column.name}" for column in self.columns if column.embedded)

    @property
    def width(self) -> int:
        """How many numbers a sample has."""
        return sum(1 for _ in self.places())


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
