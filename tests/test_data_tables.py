"""csv and parquet: what columns are taken for, what is learned of them, and tables that cannot be learned from."""

import gzip

import numpy as np
import polars as pl
import pytest

from dlcli.core.component import from_yaml
from dlcli.core.dataset import Dataset, Split
from dlcli.data.load import load
from dlcli.data.tabular import samples as samples_at_once
from dlcli.data.tabular import text_stream
from dlcli.errors import DataError, DataKeyError, DataUnavailableError

PEOPLE = [  # name, age, city, since, member, zip, kind
    (f"Person {n}", "" if n % 7 == 3 else str(20 + n % 30), ["Ulm", "Bonn", "Kiel", ""][n % 4 if n % 3 else 0],
     f"20{10 + n % 12}-0{1 + n % 9}-1{n % 10}", "yes" if n % 5 else "no", f"0{n % 6}139", "ab"[n % 2])
    for n in range(60)
]
HEAD = ("name", "age", "city", "since", "member", "zip", "kind")


@pytest.fixture(params=[0, samples_at_once.WHOLE], ids=["made as needed", "made at once"])
def both_ways(request, monkeypatch):
    """Samples are the same whether they are made at once or as they are needed."""
    monkeypatch.setattr(samples_at_once, "WHOLE", request.param)


@pytest.fixture
def as_needed(monkeypatch):
    monkeypatch.setattr(samples_at_once, "WHOLE", 0)


def lines(rows, head=HEAD):
    return "".join(",".join(row) + "\n" for row in [head, *rows])


def write(env, content, name="t.csv"):
    path = env.bases[0] / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def loaded(env, content=None, **keys):
    """What a data set of such a file comes to; the target is its last column."""
    if content is not None:
        write(env, content, keys.get("path", "t.csv"))
    return load(from_yaml(Dataset, {"type": "csv", "path": "t.csv", "target": "y", **keys}), env)


def samples(split: Split):
    return split.x[split.rows]


def encoded(env, content, **keys):
    """(names of the numbers of a sample, all samples), where everything is for training."""
    found = loaded(env, content, test_split=0.0, **keys)
    return list(found.spec.table.places()), samples(found.train)


def column(*cells, y=None):
    """A table with one column `c`, and a target that may be learned."""
    return "c,y\n" + "".join(f"{cell},{'ab'[n % 2] if y is None else y[n]}\n" for n, cell in enumerate(cells))


# What columns are


def test_columns_are_found_and_each_becomes_numbers(env, warnings, both_ways):
    places, x = encoded(env, lines(PEOPLE), target="kind")
    assert places == [
        "age", "since.year", "since.month", "since.day", "since.weekday", "member", "age is missing", "city=Bonn",
        "city=Kiel", "city=Ulm", "city is missing", *(f"zip=0{n}139" for n in range(6)),
    ]
    assert x.shape == (60, 17) and x.dtype == np.float32
    assert len(warnings) == 1 and "name: 60 different values in 60 rows" in warnings[0]
    row = dict(zip(places, x[5], strict=True))  # age 25, Bonn, 2015-06-15, no member, zip 05139
    assert [row[f"city={city}"] for city in ("Bonn", "Kiel", "Ulm")] == [1, 0, 0]
    assert (row["member"], row["zip=05139"], row["age is missing"]) == (0, 1, 0)


def test_types_may_be_said(env, warnings):
    keys = {"types": {"name": "ignore", "age": "category", "member": "category", "zip": "number", "since": "ignore"}}
    places, _ = encoded(env, lines(PEOPLE), target="kind", **keys)
    assert {"zip", "age=20", "age is missing", "member=no", "member=yes"} <= set(places) and not warnings
    assert not any(place.startswith(("name", "since")) for place in places)


@pytest.mark.parametrize("name", ["id", "PassengerId", "", "Unnamed: 0", "index"])
def test_row_numbers_are_left_out(name, env, warnings):
    rows = "".join(f"{n},{n * n % 11},{'ab'[n % 2]}\n" for n in range(30))
    assert encoded(env, f"{name},c,y\n{rows}")[0] == ["c"]
    assert f"{name or 'column_0'}: the number of the row" in warnings[0]


def test_a_column_that_counts_by_another_name_stays(env, warnings):
    rows = "".join(f"{n},{'ab'[n % 2]}\n" for n in range(30))
    assert encoded(env, f"minutes,y\n{rows}")[0] == ["minutes"] and not warnings


def test_hours_of_dates_are_numbers_only_where_there_are_any(env):
    days = [f"2024-03-{n + 10}" for n in range(8)]
    assert [place[2:] for place in encoded(env, column(*days))[0]] == ["year", "month", "day", "weekday"]
    timed = [f"{day} 10:0{n}" for n, day in enumerate(days)]
    places, x = encoded(env, column(*timed), scale="none")
    assert [place[2:] for place in places] == ["year", "month", "day", "weekday", "hour", "minute"]
    np.testing.assert_array_equal(x[2], [2024, 3, 12, 2, 10, 2])


def test_a_later_row_may_show_that_a_column_holds_words(env, monkeypatch):
    monkeypatch.setattr(text_stream, "CHUNK", 256)
    cells = [str(n % 9) for n in range(200)] + [f"w{n % 5}" for n in range(60)]
    places, x = encoded(env, column(*cells))
    assert places == [f"c={n}" for n in range(9)] + [f"c=w{n}" for n in range(5)]
    np.testing.assert_array_equal(x.argmax(axis=1), [n % 9 for n in range(200)] + [9 + n % 5 for n in range(60)])


def test_numbers_are_the_same_however_they_are_cut(env, monkeypatch):
    cells = [f"{n * 0.37:.3f}" for n in range(300)]
    cells[200:206] = [" 7.5 ", '"8.25"', "NA", "", "1e-3", "  "]
    whole = encoded(env, column(*cells), scale="none")
    monkeypatch.setattr(text_stream, "CHUNK", 256)
    pieces = encoded(env, column(*cells), scale="none")
    assert pieces[0] == whole[0] == ["c", "c is missing"]
    np.testing.assert_array_equal(pieces[1], whole[1])
    assert whole[1][200:206, 1].tolist() == [0, 0, 1, 1, 0, 1] and whole[1][201, 0] == 8.25


def test_a_late_cell_of_another_kind_is_found_among_numbers_with_a_point(env, monkeypatch):
    monkeypatch.setattr(text_stream, "CHUNK", 256)
    for cell in ("abc", "inf", "1e300"):
        with pytest.raises(DataError, match=f"here '{cell}' ") as error:
            loaded(env, column(*(cell if n == 150 else n * 0.5 for n in range(200))))
        assert error.value.where.endswith("t.csv, line 152")


def test_a_later_row_may_show_that_numbers_are_names(env, monkeypatch):
    monkeypatch.setattr(text_stream, "CHUNK", 256)
    assert encoded(env, column(*["10"] * 90, *["07"] * 90))[0] == ["c=07", "c=10"]


def test_few_cells_of_another_kind_are_a_mistake_with_its_line(env, monkeypatch):
    for chunk in (1 << 20, 256):
        monkeypatch.setattr(text_stream, "CHUNK", chunk)
        with pytest.raises(DataError, match=r"'c' holds numbers, but here 'abc' \(2 such of 200 cells\)") as error:
            loaded(env, column(*("abc" if n in (120, 150) else n % 50 for n in range(200))))
        assert error.value.where.endswith("t.csv, line 122") and "types: {c: category}" in error.value.hint


def test_numbers_after_words_are_the_same_mistake(env, monkeypatch):
    monkeypatch.setattr(text_stream, "CHUNK", 64)
    with pytest.raises(DataError, match=r"but here 'one' \(2 such of 202 cells\)") as error:
        loaded(env, column("one", "two", *[str(n % 50) for n in range(200)]))
    assert error.value.where.endswith("t.csv, line 2")


def test_dates_are_found_in_typed_and_in_untyped_tables(env):
    frame = pl.DataFrame({
        "when": pl.Series(["2024-03-31", "2023-01-02", None, "2022-05-05"]).str.to_date(), "text": ["2024-03-31"] * 4,
        "n": [1, None, 3, 4], "f": [0.5, 1.5, 2.5, 3.5], "b": [True, False, None, True], "w": ["x", "y", "x", "y"],
        "y": [0, 1, 0, 1],
    })
    frame.write_parquet(env.bases[0] / "t.parquet")
    frame.write_csv(env.bases[0] / "t.csv")
    one = loaded(env, type="parquet", path="t.parquet", test_split=0.0)
    two = loaded(env, test_split=0.0)
    assert one.spec.table.columns == two.spec.table.columns
    np.testing.assert_array_equal(samples(one.train), samples(two.train))
    np.testing.assert_array_equal(one.train.y, two.train.y)


@pytest.mark.parametrize(("name", "content"), [
    ("t.tsv", lines(PEOPLE).replace(",", "\t")), ("t.csv.gz", gzip.compress(lines(PEOPLE).encode(), mtime=0)),
    ("t.txt", lines(PEOPLE).replace(",", ";")),
])
def test_every_way_to_write_a_table_gives_the_same_samples(name, content, env):
    wanted = encoded(env, lines(PEOPLE), target="kind")
    found = encoded(env, content, target="kind", path=name)
    assert found[0] == wanted[0]
    np.testing.assert_array_equal(found[1], wanted[1])


def test_a_table_with_decimal_commas_is_read_as_one_with_points(env):
    _, x = encoded(env, "c;y\n1,5;a\n2,5;b\n0,25;a\n", scale="none")
    np.testing.assert_array_equal(x[:, 0], [1.5, 2.5, 0.25])


def test_a_table_without_a_header_has_positions(env):
    found = loaded(env, "1.5,x,a\n2.5,y,b\n" * 5, target=2, test_split=0.0)
    assert list(found.spec.table.places()) == ["column_0", "column_1=x", "column_1=y"]
    assert found.spec.target.labels == ("a", "b") and not found.spec.table.format.header


def test_features_are_those_that_are_named_in_their_order(env):
    assert encoded(env, "a,b,c,y\n1,2,3,u\n2,3,5,v\n", features=["C", 0])[0] == ["c", "a"]


# What is learned


def test_encoding_equals_scikit_learn(env, both_ways):
    preprocessing = pytest.importorskip("sklearn.preprocessing", reason="scikit-learn is not installed")
    impute = pytest.importorskip("sklearn.impute", reason="scikit-learn is not installed")
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(300, 3)) * [1, 1e-3, 1e6] + [0, 5, 1e9]
    numbers[rng.random(300) < 0.2, 1] = np.nan
    words = np.array(["red", "green", "blue"])[rng.integers(0, 3, 300)]
    rows = "".join(
        ",".join(["" if np.isnan(v) else repr(float(v)) for v in row]) + f",{word},{'ab'[n % 2]}\n"
        for n, (row, word) in enumerate(zip(numbers, words, strict=True))
    )
    write(env, f"p,q,r,w,y\n{rows}")
    for strategy in ("mean", "median"):
        found = loaded(env, impute=strategy, validation_split=0.25)
        train = found.train.rows
        filler = impute.SimpleImputer(strategy=strategy, add_indicator=True).fit(numbers[train])
        scaler = preprocessing.StandardScaler().fit(numbers[train])
        hot = preprocessing.OneHotEncoder(sparse_output=False).fit(words[train, None])
        filled = filler.transform(numbers)
        wanted = np.hstack([scaler.transform(filled[:, :3]), filled[:, 3:], hot.transform(words[:, None])])
        np.testing.assert_allclose(found.train.x[np.arange(300)], wanted, rtol=2e-5, atol=2e-6)
        assert len({len(found.train), len(found.validation), len(found.test)}) > 1


def test_min_max_and_no_scaling(env):
    cells = ["2", "4", "", "10"]
    np.testing.assert_allclose(encoded(env, column(*cells), scale="min_max")[1][:, 0], [0, 0.25, 10 / 24, 1], rtol=1e-6)
    np.testing.assert_allclose(encoded(env, column(*cells), scale="none")[1][:, 0], [2, 4, 16 / 3, 10], rtol=1e-6)


def test_large_numbers_keep_their_differences(env):
    cells = [str(1_600_000_000 + n) for n in range(40)]
    x = encoded(env, column(*cells))[1][:, 0]
    wanted = (np.arange(40) - 19.5) / np.arange(40).std()
    np.testing.assert_allclose(x, wanted, rtol=1e-5, atol=1e-6)


def test_only_training_rows_are_learned_from(env):
    """Cells of other rows may become anything: nothing that is learned changes."""
    write(env, lines(PEOPLE))
    keys = {"target": "kind", "types": {"name": "category"}, "max_categories": 5, "validation_split": 0.2}
    before = loaded(env, **keys)
    train = set(before.train.rows.tolist())
    changed = [row if n in train else ("New", "99999", "Rome", "1999-01-01", "no", "00000", row[-1])
               for n, row in enumerate(PEOPLE)]
    after = loaded(env, lines(changed), **keys)
    assert after.spec.table == before.spec.table
    np.testing.assert_array_equal(samples(after.train), samples(before.train))


def test_what_training_never_saw_is_none_of_its_categories(env, both_ways):
    write(env, column("u", "v", "w", "u"), "more.csv")
    found = loaded(env, column(*"uvuv"), test_path="more.csv")
    np.testing.assert_array_equal(samples(found.test), [[1, 0], [0, 1], [0, 0], [1, 0]])


def test_a_gap_that_training_did_not_have_is_filled_without_a_sign(env, both_ways):
    write(env, "n,w,y\n,,a\n", "more.csv")
    found = loaded(env, "n,w,y\n1,u,a\n3,v,b\n", test_path="more.csv")
    assert list(found.spec.table.places()) == ["n", "w=u", "w=v"]
    np.testing.assert_array_equal(samples(found.test), [[0, 0, 0]])


def test_the_commonest_categories_are_kept_and_others_share_a_place(env, both_ways):
    cells = [*"aaaabbbbccd", ""]
    places, x = encoded(env, column(*cells), max_categories=3)
    assert places == ["c=a", "c=b", "c is another", "c is missing"]
    np.testing.assert_array_equal(x.argmax(axis=1), [0] * 4 + [1] * 4 + [2] * 3 + [3])
    np.testing.assert_array_equal(x.sum(axis=1), 1)
    assert encoded(env, column(*cells), max_categories=4)[0] == ["c=a", "c=b", "c=c", "c=d", "c is missing"]


def test_embedded_categories_are_ids_at_the_end(env, both_ways):
    write(env, "w,n,y\nu,1,a\n,2,b\nnew,3,a\n", "more.csv")
    found = loaded(
        env, "w,n,y\nu,1,a\nv,2,b\n,3,a\nw,4,b\n", encoding={"w": "embedding"}, test_path="more.csv", scale="none",
    )
    assert list(found.spec.table.places()) == ["n", "id of w"] and found.spec.table.ids == (5,)
    np.testing.assert_array_equal(samples(found.train), [[1, 1], [2, 2], [3, 4], [4, 3]])
    np.testing.assert_array_equal(samples(found.test), [[1, 1], [2, 4], [3, 0]])


def test_a_boolean_is_0_or_1_and_its_gaps_are_the_share(env):
    places, x = encoded(env, column("yes", "no", "", "yes", "yes"))
    assert places == ["c", "c is missing"]
    np.testing.assert_array_equal(x, [[1, 0], [0, 0], [0.75, 1], [1, 0], [1, 0]])


def test_many_threads_may_read_at_once(env, as_needed):
    from concurrent.futures import ThreadPoolExecutor

    found = loaded(env, lines(PEOPLE), target="kind")
    wanted = found.train.x[np.arange(60)]

    def rows(seed):
        chosen = np.random.default_rng(seed).integers(0, 60, 17)
        return np.array_equal(found.train.x[chosen], wanted[chosen])

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(rows, range(200)))


def test_the_fingerprint_tells_other_content(env, as_needed):
    marks = {loaded(env, content).train.x.fingerprint() for content in (
        column(*"uvuvu"), column(*"uvuvv"), column(*"12121"), column(*"12122"),
    )}
    assert len(marks) == 4
    assert loaded(env, column(*"uvuvu")).train.x.fingerprint() in marks


# The target


@pytest.mark.parametrize(("y", "labels"), [
    ("ab" * 5, ("a", "b")), ("01" * 5, ("0", "1")), (["10", "9"] * 5, ("9", "10")),
    (["true", "false"] * 5, ("false", "true")),
    (["1.0", "2.0"] * 5, ("1", "2")), ([str(n) for n in range(3, 8)] * 5, ("3", "4", "5", "6", "7")),
    (["-1", "1"] * 5, ("-1", "1")),
])
def test_the_target_is_found_to_be_classes(y, labels, env):
    found = loaded(env, column(*range(len(y)), y=y), test_split=0.0)
    assert found.spec.target.labels == labels
    assert [labels[k] for k in found.train.y] == [str(float(v)).removesuffix(".0") if "." in v else v for v in y]


@pytest.mark.parametrize("y", [
    [str(n + 0.5) for n in range(9)], [str(n) for n in range(9)], [str(n % 21) for n in range(200)], ["1.5", "2"] * 9,
])
def test_the_target_is_found_to_be_numbers(y, env):
    found = loaded(env, column(*range(len(y)), y=y), test_split=0.0)
    assert found.spec.target.kind == "numbers" and found.train.y.dtype == np.float32
    np.testing.assert_array_equal(found.train.y, np.array(y, np.float32))


def test_task_and_classes_may_be_said(env):
    numbers = column(*range(10), y="01" * 5)
    assert loaded(env, numbers, task="regression").spec.target.kind == "numbers"
    few = loaded(env, column(*range(9), y="123456789"), task="classification", test_split=0.0)
    assert few.spec.target.labels == tuple("123456789")
    assert loaded(env, numbers, classes=["1", "0"]).train.y[:2].tolist() == [1, 0]


def test_rows_without_a_target_are_refused_or_skipped_and_counted(env, warnings):
    content = column(*range(8), y=["a", "b", "", "a", "NA", "b", "a", "b"])
    with pytest.raises(DataError, match=r"target 'y' is missing \(2 of 8 rows\)") as error:
        loaded(env, content)
    assert error.value.where.endswith("t.csv, line 4")
    found = loaded(env, content, missing_target="skip", test_split=0.0, scale="none")
    assert samples(found.train)[:, 0].tolist() == [0, 1, 3, 5, 6, 7] and "2 of 8 rows are skipped" in warnings[0]


def test_given_splits_are_files_of_the_same_columns(env):
    write(env, "y,z,c\nb,9,4\na,9,2\n", "v.csv")
    write(env, "c,y\n6,a\n", "w.csv")
    found = loaded(env, column("2", "4", "6", "8"), validation_path="v.csv", test_path="w.csv", scale="none")
    assert samples(found.validation)[:, 0].tolist() == [4, 2] and found.validation.y.tolist() == [1, 0]
    assert samples(found.test)[:, 0].tolist() == [6] and len(found.train) == 4


def test_groups_and_times_reach_the_splits(env):
    rows = "".join(f"{n},g{n // 4},2024-01-{31 - n:02},{'ab'[n % 2]}\n" for n in range(24))
    write(env, f"c,g,t,y\n{rows}")
    grouped = loaded(env, group="g", types={"t": "ignore"}, test_split=0.25)
    assert list(grouped.spec.table.places()) == ["c"]
    assert not {n // 4 for n in grouped.train.rows} & {n // 4 for n in grouped.test.rows}
    timed = loaded(env, time="t", types={"g": "ignore"}, test_split=0.25)
    assert sorted(timed.test.rows.tolist()) == list(range(6))


def test_an_autoencoder_of_a_table_needs_no_target(env):
    found = loaded(env, "c,w\n1,u\n2,v\n3,u\n", target=None, autoencode=True, test_split=0.0)
    assert list(found.spec.table.places()) == ["c", "w=u", "w=v"]


# Tables that cannot be learned from


@pytest.mark.parametrize(("content", "keys", "match", "place"), [
    ("c,y\n", {}, "no row below", "t.csv"),
    ("c,d,y\n1,,a\n2,,b\n", {}, "column 'd' has no value in any of the 2 rows", "t.csv"),
    (column(*"1234", y="aaaa"), {}, "only one class", "t.csv"),
    (column(*"1234", y="7777"), {"task": "regression"}, "is 7 in every row", "t.csv"),
    (column(*"123456", y="abcdef"), {}, "6 different values in 6 rows", "t.csv"),
    (column(*"1234", y=["", "", "", ""]), {}, r"missing \(4 of 4", "line 2"),
    (column(*"1234", y=["a", "b", "a", "c"]), {"classes": ["a", "b"]}, "is 'c'; the classes are a, b", "line 5"),
    (column(*"1234", y=["1", "2.5", "1", "2"]), {"task": "classification"}, "2.5, which is no class", "line 3"),
    (column(*"1234", y=["1", "x", "1", "2"]), {"task": "regression"}, "holds numbers, but here 'x'", "line 3"),
    (column(*"1234", y=["2024-01-02"] * 4), {}, "holds dates", "t.csv"),
    (column("1", "x", "2", "3"), {"types": {"c": "number"}}, "but here 'x'", "line 3"),
    (column("yes", "x", "no", "no"), {"types": {"c": "boolean"}}, "holds booleans, but here 'x'", "line 3"),
    ("y\na\nb\n", {}, "no column to predict from", "t.csv"),
    ("c,y\n1,a\n2,b\n", {"types": {"c": "ignore"}}, "no column to predict from", "t.csv"),
    ("c,g,y\n1,,a\n2,u,b\n", {"group": "g"}, "the group 'g' is missing", "line 2"),
    ("c,c,y\n1,1,a\n2,2,b\n", {}, "two columns are named 'c'", "line 1"),
    ("c,y\n1,a\n2\n", {}, "found 1", "line 3"),
])
def test_tables_that_do_not_fit_are_refused_with_their_place(content, keys, match, place, env):
    with pytest.raises(DataError, match=match) as error:
        loaded(env, content, **keys)
    assert error.value.where.endswith(place) and error.value.hint


def test_a_column_without_values_in_the_training_split_is_refused(env):
    write(env, "n,y\n5,a\n6,b\n", "v.csv")
    content = "n,m,y\n" + "".join(f"{n},{'' if n else 5},{'ab'[n % 2]}\n" for n in range(10))
    train = [n for n in range(40) if _drawn(env, content, n)]
    assert train
    with pytest.raises(DataError, match="column 'm' has no value in the training split"):
        load(from_yaml(Dataset, {"type": "csv", "path": "t.csv", "target": "y", "test_split": 0.5}),
             _seeded(env, train[0]))


def _seeded(env, seed):
    from dataclasses import replace

    return replace(env, seed=seed)


def _drawn(env, content, seed):
    """Whether row 0, the only one with a value, is set aside for the test."""
    write(env, content)
    keys = {"type": "csv", "path": "t.csv", "target": "y", "test_split": 0.5, "features": ["n"]}
    return 0 in load(from_yaml(Dataset, keys), _seeded(env, seed)).test.rows


@pytest.mark.parametrize(("keys", "path", "hint"), [
    ({"target": "yy"}, ("target",), "did you mean 'y'?"),
    ({"features": ["c", "ages"]}, ("features", 1), "did you mean 'age'?"),
    ({"features": ["c", "c"]}, ("features", 1), "take one of them out"),
    ({"features": ["y"]}, ("features", 0), "take it out"),
    ({"features": [7]}, ("features", 0), ""),
    ({"types": {"ag": "number"}}, ("types", "ag"), "did you mean 'age'?"),
    ({"encoding": {"agee": "embedding"}}, ("encoding", "agee"), "did you mean 'age'?"),
    ({"encoding": {"age": "embedding"}}, ("encoding", "age"), "types: {age: category}"),
    ({"time": "w"}, ("time",), "date_format"), ({"date_format": "%d/%m"}, ("date_format",), "2024-03-31"),
    ({"date_format": "%Y %H"}, ("date_format",), "strftime"),
])
def test_a_key_that_does_not_fit_the_table_is_named(keys, path, hint, env):
    with pytest.raises(DataKeyError) as error:
        loaded(env, "c,age,w,y\n1,2,u,a\n3,4,v,b\n", **keys)
    assert error.value.path == path and hint in error.value.hint


@pytest.mark.parametrize("key", ["path", "validation_path", "test_path"])
def test_an_absent_file_is_unavailable(key, env):
    write(env, column(*"1234"))
    with pytest.raises(DataUnavailableError, match=r"no such file; looked for absent\.csv") as error:
        loaded(env, **{key: "absent.csv"})
    assert f"dataset.{key}" in error.value.hint


def test_a_given_split_must_have_the_columns_and_the_classes(env):
    for content, match, place in (
        ("cc,y\n1,a\n", "no column 'c'", "v.csv"), ("c,y\n1,z\n", "is 'z'; the classes are a, b", "v.csv, line 2"),
        ("c,y\nx,a\n", "holds numbers, but here 'x'", "v.csv, line 2"), ("c,y\n", "no row below", "v.csv"),
    ):
        write(env, content, "v.csv")
        with pytest.raises(DataError, match=match) as error:
            loaded(env, column(*"1234"), validation_path="v.csv")
        assert error.value.where.endswith(place) and error.value.hint


def test_what_is_no_parquet_file_is_refused(env):
    for content in (b"", b"a,b\n1,2\n"):
        write(env, content, "t.parquet")
        with pytest.raises(DataError, match="cannot be read as Parquet") as error:
            loaded(env, type="parquet", path="t.parquet")
        assert error.value.where.endswith("t.parquet")


def test_a_missing_target_is_told_with_the_configuration():
    from pydantic import ValidationError

    with pytest.raises(ValidationError, match="target is missing"):
        from_yaml(Dataset, {"type": "csv", "path": "t.csv"})


@pytest.mark.parametrize("charset", ["utf-9", "base64"])
def test_a_charset_that_is_none_is_told_with_the_configuration(charset):
    from pydantic import ValidationError

    with pytest.raises(ValidationError, match="charset must be an encoding of text"):
        from_yaml(Dataset, {"type": "csv", "path": "t.csv", "target": "y", "charset": charset})


def test_a_table_is_configured_without_polars():
    import subprocess
    import sys

    code = (
        "import sys; from dlcli.core.component import from_yaml; from dlcli.core.dataset import Dataset\n"
        "from_yaml(Dataset, {'type': 'csv', 'path': 't.csv', 'target': 'y'}); sys.exit('polars' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


# Tables that travel inside the package


def test_a_shipped_table_is_found_unless_one_of_that_name_is_nearer(env):
    found = load(from_yaml(Dataset, {"type": "csv", "path": "shipped/iris.csv", "target": "species"}), env)
    assert found.spec.target.labels == ("setosa", "versicolor", "virginica") and len(found.train.x) == 150
    (env.bases[0] / "shipped").mkdir()
    write(env, column(*"1234"), "shipped/iris.csv")
    assert loaded(env, path="shipped/iris.csv").spec.target.labels == ("a", "b")


def test_the_shipped_irises_are_those_of_the_arrays(env):
    keys = {"type": "csv", "path": "shipped/iris.csv", "target": "species", "scale": "none"}
    found, wanted = load(from_yaml(Dataset, keys), env), load(from_yaml(Dataset, {"type": "iris"}), env)
    np.testing.assert_allclose(found.train.x[np.arange(150)], wanted.train.x, rtol=1e-6)
    np.testing.assert_array_equal(found.train.y, wanted.train.y)
