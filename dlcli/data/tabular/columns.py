"""Cells of a column as numbers, dates or the numbers of categories."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import polars as pl

from dlcli.core.table import DATE_PARTS, TIME_PARTS, ColumnKind, TableFormat
from dlcli.data.tabular.blocks import Block
from dlcli.errors import DataKeyError

TRUE, FALSE = ("true", "t", "yes", "y", "on", "1"), ("false", "f", "no", "n", "off", "0")
_LARGEST = 1e38  # float32 holds no more
_NOT_A_TIME = np.datetime64("NaT")
_DATES = {r"^\d{4}-\d{2}-\d{2}": "%Y-%m-%d", r"^\d{4}/\d{2}/\d{2}": "%Y/%m/%d", r"^\d{2}\.\d{2}\.\d{4}": "%d.%m.%Y"}
_TIME = r"^[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$"


class Parsed(NamedTuple):
    """`values` of a column, missing ones NaN or NaT; `bad` are the rows whose cells are no such values."""

    values: np.ndarray
    bad: np.ndarray


def numbers(cells: pl.Series, form: TableFormat, cast: pl.Series | None = None) -> Parsed:
    """Float64 of numbers or of text; `cast` are text cells as numbers, null where they are none."""
    if cells.dtype != pl.String:
        found = cells.cast(pl.Float64, strict=False)
    elif form.decimal == ".":
        found = cells.cast(pl.Float64, strict=False) if cast is None else cast
        if found.null_count() > cells.null_count():
            cells = tidied(cells, form)
            found = cells.cast(pl.Float64, strict=False)
    else:  # a point would be one between thousands, or a mistake
        cells = tidied(cells, form)
        texts = cells.str.replace_all(".", " ", literal=True).str.replace(form.decimal, ".", literal=True)
        found = texts.cast(pl.Float64, strict=False)
    values = found.to_numpy()
    bad = np.abs(values) > _LARGEST
    if found.null_count() > cells.null_count():
        bad |= (found.is_null() & cells.is_not_null()).to_numpy()
    return Parsed(np.where(bad, np.nan, values) if bad.any() else values, np.flatnonzero(bad))


def dates(cells: pl.Series, form: TableFormat) -> Parsed:
    """Minutes of dates, of points in time, or of text that says one; a time zone is left out of account."""
    if cells.dtype == pl.Date or cells.dtype == pl.Datetime:
        return Parsed(_minutes(cells), np.empty(0, np.intp))
    if form.date_format is not None:
        has_time = any(sign in form.date_format for sign in ("%H", "%I", "%T", "%R", "%X", "%M"))
        kind = pl.Datetime("us") if has_time else pl.Date
        cells = tidied(cells.cast(pl.String), form)
        try:
            found = cells.str.strptime(kind, form.date_format, strict=False)
        except pl.exceptions.PolarsError as error:
            raise DataKeyError(
                f"{form.date_format!r} is no form of a date: {str(error).splitlines()[0]}", path=("date_format",),
                hint="write it as for strftime, such as '%m/%d/%Y' or '%d.%m.%y %H:%M'",
            ) from error
        return Parsed(_minutes(found), np.flatnonzero((found.is_null() & cells.is_not_null()).to_numpy()))
    return _found_dates(cells.cast(pl.String), form)


def _found_dates(cells: pl.Series, form: TableFormat) -> Parsed:
    """Dates in one of the orders that leave no doubt, that of the first cell, with or without a time behind them."""
    first = next((cell.strip() for cell in cells if cell is not None and cell.strip() not in form.missing), "")
    order = next((order for pattern, order in _DATES.items() if re.match(pattern, first)), None)
    bare = pl.col(cells.name).str.strip_chars()
    clock = bare.str.tail(-10)
    asked = pl.select(cells).lazy().select(
        here=bare.is_not_null() & ~bare.is_in(["", *form.missing]),
        day=bare.str.head(10).str.strptime(pl.Date, order or "%Y-%m-%d", strict=False),
        timed=(clock == "") | clock.str.contains(_TIME),
        minutes=clock.str.slice(1, 2).cast(pl.Int64, strict=False).fill_null(0) * 60
        + clock.str.slice(4, 2).cast(pl.Int64, strict=False).fill_null(0),
    ).with_columns(good=pl.col("day").is_not_null() & pl.col("timed")).fill_null(False).collect()
    here, good = asked["here"].to_numpy(), asked["good"].to_numpy() if order else np.zeros(len(cells), bool)
    values = np.full(len(cells), _NOT_A_TIME, "M8[m]")
    values[good] = _minutes(asked["day"])[good] + asked["minutes"].to_numpy()[good].astype("m8[m]")
    return Parsed(values, np.flatnonzero(here & ~good))


def date_numbers(values: np.ndarray, parts: Sequence[str]) -> np.ndarray:
    """(N, parts) float64 of points in time; weekday 1 is Monday."""
    days = values.astype("M8[D]")
    months = values.astype("M8[M]")
    minutes = (values - days).astype("m8[m]").astype(np.int64)
    found = {
        "year": values.astype("M8[Y]").astype(np.int64) + 1970, "month": months.astype(np.int64) % 12 + 1,
        "day": (days - months.astype("M8[D]")).astype("m8[D]").astype(np.int64) + 1,
        "weekday": (days.astype(np.int64) + 3) % 7 + 1, "hour": minutes // 60, "minute": minutes % 60,
    }
    table = np.stack([found[part] for part in parts], axis=-1).astype(np.float64)
    table[np.isnat(values)] = np.nan
    return table


def date_parts(*, timed: bool) -> tuple[str, ...]:
    """What becomes of a date: year, month, day and weekday, and hour and minute if it says them."""
    return DATE_PARTS + (TIME_PARTS if timed else ())


def booleans(cells: pl.Series, form: TableFormat) -> Parsed:
    """1 for true, 0 for false, in the common words for them."""
    if cells.dtype == pl.Boolean:
        return Parsed(cells.cast(pl.Float64).to_numpy(), np.empty(0, np.intp))
    words = tidied(words_of(cells), form).str.to_lowercase()
    values = np.full(len(cells), np.nan)
    values[words.is_in(TRUE).fill_null(False).to_numpy()] = 1
    values[words.is_in(FALSE).fill_null(False).to_numpy()] = 0
    return Parsed(values, np.flatnonzero(words.is_not_null().to_numpy() & np.isnan(values)))


def numbers_of_words(words: pl.Series, numbers: Mapping[str, int]) -> np.ndarray:
    """int32 of each word, all of which are in `numbers`; -1 for null."""
    if not numbers:
        return np.full(len(words), -1, np.int32)
    table = np.array([*numbers.values(), -1], np.int32)
    places = words.cast(_kinds(tuple(numbers))).to_physical()
    if not places.null_count():
        return table[places.to_numpy()]
    return table[np.nan_to_num(places.to_numpy(), nan=len(numbers)).astype(np.intp)]


@lru_cache(maxsize=16)
def _kinds(words: tuple[str, ...]) -> pl.Enum:
    """The type of a column of these words; the next block mostly has the same."""
    return pl.Enum(words)


def parsed(kind: ColumnKind, block: Block, name: str, form: TableFormat) -> Parsed:
    """The values of a column that is no category."""
    cells = block.frame[name]
    if kind == "number":
        return numbers(cells, form, block.cast.get(name))
    return dates(cells, form) if kind == "date" else booleans(cells, form)


def words(block: Block, name: str) -> tuple[pl.Series, list[str]]:
    """(the cells of a category as text, the different ones, sorted)."""
    cells = words_of(block.frame[name])
    distinct = block.words.get(name)
    return cells, sorted(cells.unique().drop_nulls().to_list()) if distinct is None else distinct


def words_of(cells: pl.Series) -> pl.Series:
    """Cells of any type as text: whole numbers without a point, booleans as true and false."""
    if cells.dtype.is_float():
        whole = cells.cast(pl.Int64, strict=False)
        same = (whole.cast(cells.dtype) == cells).fill_null(False)
        return pl.select(pl.when(same).then(whole.cast(pl.String)).otherwise(cells.cast(pl.String))).to_series()
    return cells if cells.dtype == pl.String else cells.cast(pl.String)


def tidied(cells: pl.Series, form: TableFormat) -> pl.Series:
    """Text without blanks around it; null where it then is one of the words for a missing value."""
    bare = cells.str.strip_chars()
    gone = bare.is_in(["", *form.missing]).fill_null(False)
    return pl.select(pl.when(gone).then(None).otherwise(bare)).to_series()


def _minutes(times: pl.Series) -> np.ndarray:
    if times.dtype == pl.Datetime and getattr(times.dtype, "time_zone", None):
        times = times.dt.replace_time_zone(None)
    return times.to_numpy().astype("M8[m]")
