"""Cells of a column as numbers, dates, booleans and categories."""

import datetime

import numpy as np
import polars as pl
import pytest

from dlcli.core.table import TableFormat
from dlcli.data.tabular import columns
from dlcli.data.tabular.found import guess, leading_zeros

FORM = TableFormat()
COMMA = TableFormat(decimal=",")


def text(*cells):
    return pl.Series(cells, dtype=pl.String)


@pytest.mark.parametrize(("cells", "form", "values", "bad"), [
    (text("1", "-2.5", "1e3", "+.5", None), FORM, [1, -2.5, 1000, 0.5, None], []),
    (text(" 7 ", "", "NA", "nan", "null"), FORM, [7, None, None, None, None], []),
    (text("1", "x", "1_0", "0x1", "1,5"), FORM, [1, None, None, None, None], [1, 2, 3, 4]),
    (text("inf", "1e39", "-inf", "5"), FORM, [None, None, None, 5], [0, 1, 2]),
    (text("1,5", "2", "1.5", None), COMMA, [1.5, 2, None, None], [2]),
    (pl.Series([1, None, 3]), FORM, [1, None, 3], []),
    (pl.Series([True, False]), FORM, [1, 0], []),
    (pl.Series([None, None]), FORM, [None, None], []),
])
def test_numbers_are_read_and_other_cells_told(cells, form, values, bad):
    found = columns.numbers(cells, form)
    np.testing.assert_array_equal(found.values, np.array(values, float))
    assert found.bad.tolist() == bad


@pytest.mark.parametrize(("cells", "form", "values", "bad"), [
    (text("2024-03-31", "1970-01-01", None), FORM, ["2024-03-31", "1970-01-01", "NaT"], []),
    (text("2024-03-31 10:05", "2024-03-31T23:59:59.5Z", "2024-03-31"), FORM,
     ["2024-03-31T10:05", "2024-03-31T23:59", "2024-03-31"], []),
    (text("2024-02-30", "2024-03-31 25:00", "soon", "2024-03-01x"), FORM, ["NaT"] * 4, [0, 1, 2, 3]),
    (text("2024/03/31", "2024/13/01"), FORM, ["2024-03-31", "NaT"], [1]),
    (text("31.03.2024", "NA", " 01.01.2023 "), FORM, ["2024-03-31", "NaT", "2023-01-01"], []),
    (text("3/31/2024", "31/3/2024"), TableFormat(date_format="%m/%d/%Y"), ["2024-03-31", "NaT"], [1]),
    (text("3/31/2024 4:05"), TableFormat(date_format="%m/%d/%Y %H:%M"), ["2024-03-31T04:05"], []),
    (pl.Series([datetime.date(2024, 3, 31), None]), FORM, ["2024-03-31", "NaT"], []),
    (pl.Series([datetime.datetime(2024, 3, 31, 4, 5, tzinfo=datetime.UTC)]), FORM, ["2024-03-31T04:05"], []),
])
def test_dates_are_read_and_other_cells_told(cells, form, values, bad):
    found = columns.dates(cells, form)
    np.testing.assert_array_equal(found.values, np.array(values, "M8[m]"))
    assert found.bad.tolist() == bad


def test_parts_of_dates_are_those_of_the_calendar():
    first = datetime.datetime(1969, 12, 31, 23, 59)
    days = [first + datetime.timedelta(days=97 * n, minutes=61 * n) for n in range(300)]
    found = columns.date_numbers(np.array(days, "M8[m]"), columns.date_parts(timed=True))
    wanted = [(d.year, d.month, d.day, d.isoweekday(), d.hour, d.minute) for d in days]
    np.testing.assert_array_equal(found, wanted)
    assert np.isnan(columns.date_numbers(np.array(["NaT"], "M8[m]"), ("year", "day"))).all()


def test_booleans_are_words_for_true_and_false():
    found = columns.booleans(text("yes", "No", "TRUE", "f", " 1 ", None, "maybe"), FORM)
    np.testing.assert_array_equal(found.values, [1, 0, 1, 0, 1, np.nan, np.nan])
    assert found.bad.tolist() == [6]
    np.testing.assert_array_equal(columns.booleans(pl.Series([True, None, False]), FORM).values, [1, np.nan, 0])


def test_words_of_numbers_have_no_point_where_they_are_whole():
    assert columns.words_of(pl.Series([1.0, 2.5, None])).to_list() == ["1", "2.5", None]
    assert columns.words_of(pl.Series([3, None])).to_list() == ["3", None]
    assert columns.words_of(pl.Series([True, False])).to_list() == ["true", "false"]


@pytest.mark.parametrize(("cells", "kind"), [
    (text("1", "2.5", None), "number"), (text("a", "b"), "category"), (text("2024-03-31", None), "date"),
    (text("02139", "10001"), "category"), (text("0", "0.5", "-0.25"), "number"), (text(None, None), "number"),
    (text(*["1"] * 19, "x"), "number"), (text(*["1"] * 8, "x", "y"), "category"), (pl.Series([1, 2]), "number"),
    (pl.Series([True]), "boolean"), (pl.Series([datetime.date(2024, 3, 31)]), "date"),
    (pl.Series(["a"], dtype=pl.Categorical), "category"), (text(*["2024-03-31"] * 19, "x"), "date"),
])
def test_the_kind_of_a_column_is_found(cells, kind):
    assert guess("c", cells, FORM, "t.csv") == kind


def test_leading_zeros_are_those_of_whole_numbers():
    assert leading_zeros(text("1", "007")) and not leading_zeros(text("0", "0.7", "10", None))


def test_lists_are_refused():
    from dlcli.errors import DataError

    with pytest.raises(DataError, match="List") as error:
        guess("c", pl.Series([[1], [2]]), FORM, "t.parquet")
    assert "ignore" in error.value.hint
