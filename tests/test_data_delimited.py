"""Delimited text in blocks: rows as they are written, each with its line; what is no such text is refused."""

import gzip
import io

import pytest

from dlcli.core.table import TableFormat
from dlcli.data.tabular import delimited, text_stream
from dlcli.data.tabular.delimited import Delimited, decimal_of
from dlcli.errors import DataError


def table(content, **keys):
    form = TableFormat(**{key: keys.pop(key) for key in ("missing", "charset") if key in keys})
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    return Delimited(text_stream.chunks(stream, "t.csv", form.charset), "t.csv", form, **keys)


def read(content, **keys):
    """(names, rows, places) of a whole table."""
    found = table(content, **keys)
    blocks = list(found.blocks(found.names))
    rows = [row for block in blocks for row in block.frame.rows()]
    return found.names, rows, [block.where(n) for block in blocks for n in range(len(block.frame))]


@pytest.mark.parametrize("content", [
    "a,b\n1,x\n2,y\n", "a,b\r\n1,x\r\n2,y\r\n", "a,b\r1,x\r2,y\r", "a,b\n1,x\n2,y", "\ufeffa,b\n1,x\n2,y\n",
    "a;b\n1;x\n2;y\n", "a\tb\n1\tx\n2\ty\n", "a|b\n1|x\n2|y\n", '"a","b"\n"1","x"\n2,"y"\n',
    "\n\na,b\n1,x\n\n  \n2,y\n\n",
    gzip.compress(b"a,b\n1,x\n2,y\n", mtime=0), "a,b\n1,x\n2,y\n".encode("utf-8-sig"),
])
def test_every_way_to_write_a_table_gives_the_same_rows(content):
    names, rows, _ = read(content)
    assert names == ("a", "b") and rows == [("1", "x"), ("2", "y")]


def test_rows_know_their_lines_also_after_blank_lines_and_cells_of_several_lines():
    content = '\na,b\n1,"x\n\ny"\n\n2,"say ""no"", twice"\n3,z\n'
    _, rows, places = read(content)
    assert rows == [("1", "x\n\ny"), ("2", 'say "no", twice'), ("3", "z")]
    assert places == ["t.csv, line 3", "t.csv, line 7", "t.csv, line 8"]


def test_rows_know_their_lines_over_many_chunks(monkeypatch):
    monkeypatch.setattr(text_stream, "CHUNK", 50)
    body = "".join(f'{n},"{"x" * (n % 7)}, y"\n' for n in range(200))
    _, rows, places = read(f"a,b\n{body}")
    assert rows == [(str(n), f"{'x' * (n % 7)}, y") for n in range(200)]
    assert places == [f"t.csv, line {n + 2}" for n in range(200)]
    lines = [block.line for block in table(f"a,b\n{body}").blocks(["a"])]
    assert len(lines) > 20 and lines[0] == 2 and None not in lines


def test_many_columns_come_in_larger_blocks(monkeypatch):
    monkeypatch.setattr(text_stream, "CHUNK", 1000)
    monkeypatch.setattr(delimited, "CHUNK", 1000)
    names = [f"c{n}" for n in range(2600)]
    content = ",".join(names) + "\n" + (",".join("1" for _ in names) + "\n") * 7
    sizes = [len(block.frame) for block in table(content).blocks(["c5"])]
    assert sum(sizes) == 7 and len(sizes) == 4, "a row is 5,200 bytes long, a block at least 10,000"


class Trickle(io.BytesIO):
    """A pipe that gives a byte at a time."""

    def read(self, size=-1):
        return super().read(1)


@pytest.mark.parametrize("content", [
    b"a,b\r\n1,x\r\n2,y\r\n", b"\xef\xbb\xbfa,b\n1,x\n2,y", b"\n \na,b\n1,x\n\n2,y\n",
    gzip.compress(b"a,b\n1,x\n2,y\n", mtime=0), b'"a","b"\n"1","x"\n2,y\n',
])
def test_a_pipe_may_give_its_bytes_one_by_one(content):
    found = Delimited(text_stream.chunks(Trickle(content), "-", "utf-8"), "-", TableFormat())
    rows = [row for block in found.blocks(found.names) for row in block.frame.rows()]
    assert found.names == ("a", "b") and rows == [("1", "x"), ("2", "y")]


def test_columns_come_in_the_wanted_order_and_others_are_left_out():
    block = next(table("a,b,c\n1,2,3\n").blocks(["c", "a"]))
    assert block.frame.columns == ["c", "a"] and block.frame.row(0) == ("3", "1")


def test_missing_cells_are_null_and_an_empty_row_of_delimiters_is_a_row():
    assert read("a,b\nNA,x\n,\n?,-\n")[1] == [(None, "x"), (None, None), (None, "-")]
    assert read("a,b\nNA,x\n-,\n", missing=("-",))[1] == [("NA", "x"), (None, None)]


def test_between_tabs_quotes_are_signs_like_others():
    assert read('a\tb\n"x\t5" wide\n')[1] == [('"x', '5" wide')]


def test_a_first_row_with_a_number_is_no_header_unless_it_has_the_expected_names():
    assert read("1,x\n2,y\n")[:2] == (("column_0", "column_1"), [("1", "x"), ("2", "y")])
    assert read("1,x\n2,y\n")[2] == ["t.csv, line 1", "t.csv, line 2"]
    assert read("2019,2020\n2,3\n", expected=["2020"])[0] == ("2019", "2020")
    assert read("2019,2020\n2,3\n", header=True)[0] == ("2019", "2020")
    assert read("a,b\n2,3\n", header=False)[1] == [("a", "b"), ("2", "3")]


def test_a_column_without_a_name_gets_its_position():
    assert read(",b\n0,x\n")[0] == ("column_0", "b")


def test_other_encodings_are_read_where_they_are_named():
    assert read("a,b\n1,é\n".encode("latin-1"), charset="latin-1")[1] == [("1", "é")]
    assert read("a,b\n1,é\n".encode("utf-16"), charset="utf-16")[1] == [("1", "é")]


@pytest.mark.parametrize(("content", "line", "match"), [
    ("a,b\n1,x\n2\n3,y\n", 3, "expected 2 cells, as the header has; found 1"),
    ("a,b\n1,x\n2,y,z\n", 3, "expected 2 cells, as the header has; found 3"),
    ('a,b\n1,"x\ny"\n\n2,y,z\n3\n', 5, "found 3"),
    ("1,2\n3\n", 2, "as the first row has; found 1"),
    ("a\tb\n1\tx\ty\n", 2, "found 3"),
    ('a,b\n1,x\n2,"open\n3,y\n', 3, "quotes do not match"),
    ('a,b\n1,x\n2,5" wide\n3,y\n', 3, "quotes do not match"),
    (b"a,b\n1,x\n2,\xff\n", 3, "no.* text in UTF-8|is not text in UTF-8"),
    (b"a,\xff\n1,x\n", 1, "is not text in UTF-8"),
    ("a,b,a\n1,x,2\n", 1, "two columns are named 'a': 0 and 2"),
])
def test_a_row_that_is_none_is_refused_with_its_line(content, line, match):
    with pytest.raises(DataError, match=match) as error:
        read(content)
    assert error.value.where == f"t.csv, line {line}" and error.value.hint


def test_a_ragged_row_of_a_late_block_has_its_line(monkeypatch):
    monkeypatch.setattr(text_stream, "CHUNK", 50)
    with pytest.raises(DataError, match="found 3") as error:
        read("a,b\n" + "1,x\n" * 99 + "1,x,y\n" + "1,x\n" * 99)
    assert error.value.where == "t.csv, line 101"


def test_a_short_row_beside_a_long_one_is_found_though_their_delimiters_add_up():
    with pytest.raises(DataError, match="found 1") as error:
        read("a,b\n1,x\n2\n3,y,z\n")
    assert error.value.where == "t.csv, line 3"


@pytest.mark.parametrize(("content", "match"), [
    (b"", "nothing in it"), (b"\n \n", "nothing in it"), (b"a,b\n1,\0\n", "bytes of 0"),
    ("a,b\n1,x\n".encode("utf-16"), "begins like text in UTF-16"),
    (gzip.compress(b"a,b\n1,x\n", mtime=0)[:-9], "is damaged"), (b"\x1f\x8b rubbish", "is damaged"),
])
def test_what_is_no_table_is_refused(content, match):
    with pytest.raises(DataError, match=match) as error:
        read(content)
    assert error.value.where == "t.csv" and error.value.hint


def test_text_that_is_not_in_the_named_encoding_has_its_line():
    with pytest.raises(DataError, match="ASCII") as error:
        read("a,b\n1,x\n2,é\n", charset="ascii")
    assert error.value.where == "t.csv, line 3"


@pytest.mark.parametrize(("content", "decimal"), [
    ("a;b\n1,5;x\n2;y\n", ","), ("a;b\n1.5;x\n2;y\n", "."), ("a;b\nx;y\n", "."), ("a;b\n", "."),
    ("a\tb\n0,25\t3\n", ","), ("a;b\n1,5;2.5\n", "."),
])
def test_the_decimal_point_is_found(content, decimal):
    assert decimal_of(table(content)) == decimal
