"""Tables from the command line: train, check, show, predict; what a run stores is all that predict needs."""

import gzip
import json

import numpy as np
import polars as pl
import pytest

from dlcli.cli.main import main
from dlcli.data.tabular import text_stream

CITIES = ("Ulm", "Bonn", "Kiel")
CONFIG = """\
dataset:
  type: csv
  path: people.csv
  target: bought
  validation_split: 0.2
model: {layers: [{type: dense, units: 8, activation: tanh}, {type: dense, units: 2, activation: softmax}]}
loss: categorical_crossentropy
optimizer: {type: adam, learning_rate: 0.05}
metrics: [accuracy]
training: {epochs: 8}
"""


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    made = []
    for n in range(240):
        city, fare = CITIES[rng.integers(3)], round(float(rng.gamma(2, 20)), 2)
        age = "" if n % 9 == 4 else str(rng.integers(18, 80))
        since = str(np.datetime64("2015-01-01") + int(rng.integers(3000)))
        bought = "yes" if (fare > 35) != (city == "Ulm") else "no"
        made.append({"age": age, "city": city, "since": since, "member": ["no", "yes"][rng.integers(2)],
                     "fare": str(fare), "bought": bought})
    return made


def text(rows, delimiter=",", columns=None):
    columns = columns or list(rows[0])
    return "".join(delimiter.join(line) + "\n" for line in [columns, *([row[c] for c in columns] for row in rows)])


@pytest.fixture
def folder(tmp_path, rows, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(text(rows))
    (tmp_path / "people.yaml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def trained(folder, capsys):
    assert main(["train", "people.yaml", "-q"]) == 0
    (folder / "people.csv").unlink()  # a checkpoint alone answers
    capsys.readouterr()
    return folder


def predict(capsys, *args):
    code = main(["predict", "latest", *args, "--json"])
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    return (found["predictions"], captured.err) if code == 0 else (found["error"], captured.err)


def answers(found):
    return [(one["prediction"], one["probabilities"]) for one in found]


def test_training_learns_the_table_and_its_log_tells_the_columns(folder, capsys):
    assert main(["train", "people.yaml", "--json"]) == 0
    captured = capsys.readouterr()
    done = json.loads(captured.out)
    assert done["test"]["accuracy"] > 0.7
    log = (folder / done["run_dir"] / "train.log").read_text()
    assert "5 column(s) become 11 numbers" in log and "3 categories: Bonn, Kiel, Ulm" in log


def test_rows_without_a_target_are_counted_in_the_run(folder, rows, capsys):
    (folder / "people.csv").write_text(text([*rows, {**rows[0], "bought": ""}, {**rows[1], "bought": "NA"}]))
    assert main(["train", "people.yaml", "--json", "dataset.missing_target=skip"]) == 0
    run = folder / json.loads(capsys.readouterr().out)["run_dir"]
    (reason, count), = json.loads((run / "environment.json").read_text())["data"]["skipped"].items()
    assert count == 2 and reason.startswith("no 'bought' in ")
    assert "2 sample(s) are skipped" in (run / "train.log").read_text()
    assert main(["evaluate", "latest"]) == 0


def test_every_form_of_the_same_rows_gets_the_same_answers(trained, rows, capsys, monkeypatch):
    without = [column for column in rows[0] if column != "bought"]
    contents = {
        "a.csv": text(rows), "b.tsv": text(rows, "\t"), "c.csv": text(rows, ";", without[::-1]),
        "d.csv.gz": gzip.compress(text(rows, columns=without).encode()),
        "e.jsonl": "".join(json.dumps({
            **{c: row[c] for c in without}, "fare": float(row["fare"]), "age": int(row["age"]) if row["age"] else None,
            "member": row["member"] == "yes", "note": ["any", 1],
        }) + "\n" for row in rows),
    }
    for name, content in contents.items():
        (trained / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    pl.DataFrame(rows).with_columns(
        pl.col("age").cast(pl.Int64, strict=False), pl.col("fare").cast(pl.Float64), pl.col("since").str.to_date(),
        pl.col("member") == "yes", pl.col("city").cast(pl.Categorical), other=pl.lit(3),
    ).write_parquet(trained / "f.parquet")
    wanted, said = predict(capsys, "a.csv", "--proba")
    assert len(wanted) == 240 and wanted[7]["input"] == "a.csv[7]" and "WARNING" not in said
    assert np.mean([one["prediction"] == row["bought"] for one, row in zip(wanted, rows, strict=True)]) > 0.8
    for name in [*contents, "f.parquet"]:
        found, said = predict(capsys, name, "--proba")
        assert answers(found) == answers(wanted) and "WARNING" not in said, name
    monkeypatch.setattr(text_stream, "CHUNK", 500)
    pieces, _ = predict(capsys, "c.csv", "--proba")  # batches of other sizes round differently
    for one, same in zip(pieces, wanted, strict=True):
        assert one["probabilities"] == pytest.approx(same["probabilities"], abs=1e-5)


def test_rows_come_from_standard_input(trained, rows, capsys, monkeypatch):
    import io

    row = rows[0]
    for given in (text(rows[:3]), text(rows[:3], "\t"), "".join(json.dumps(row) + "\n\n" for row in rows[:3])):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        found, _ = predict(capsys, "-")
        assert [one["input"] for one in found] == ["-[0]", "-[1]", "-[2]"]
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(row)))
    assert len(predict(capsys, "-")[0]) == 1


def test_answers_are_those_of_evaluate(folder, rows, capsys):
    assert main(["train", "people.yaml", "--json"]) == 0
    run = folder / json.loads(capsys.readouterr().out)["run_dir"]
    lines = (run / "evaluation" / "test" / "predictions.csv").read_text().splitlines()[1:]
    stored = sorted(tuple(line.split(",")[1:]) for line in lines)
    found, _ = predict(capsys, "people.csv", "--proba")
    every = [
        (row["bought"], one["prediction"], f"{max(one['probabilities'].values()):.6g}")
        for one, row in zip(found, rows, strict=True)
    ]
    assert len(stored) == 48 and not set(stored) - set(every)


def test_what_training_never_saw_is_counted_and_warned_of(trained, rows, capsys):
    odd = [{**rows[0], "city": "Rome"}, rows[1], {**rows[2], "city": "Rome", "fare": ""}, {**rows[4], "age": ""}]
    (trained / "odd.csv").write_text(text(odd))
    found, said = predict(capsys, "odd.csv")
    said = " ".join(said.replace("│", " ").split())
    assert len(found) == 4
    assert "column 'city': 2 of 4 values are not among the 3 categories of training, the first 'Rome'" in said
    assert "(odd.csv, line 2)" in said
    assert "column 'fare': 1 of 4 values are missing, the first in odd.csv, line 4" in said and "'age'" not in said


def test_rare_categories_of_training_are_no_news(folder, rows, capsys):
    assert main(["train", "people.yaml", "-q", "dataset.max_categories=2"]) == 0
    capsys.readouterr()
    assert "WARNING" not in predict(capsys, "people.csv")[1]
    (folder / "odd.csv").write_text(text([{**rows[0], "city": "Rome"}, rows[1]]))
    said = " ".join(predict(capsys, "odd.csv")[1].replace("│", " ").split())
    assert "1 of 2 values are not among the 3 categories of training" in said and "share a place" in said


@pytest.mark.parametrize(("change", "message", "where", "hint"), [
    (lambda t: t.replace("fare", "fair"), "no column 'fare'", "x.csv", "did you mean 'fair'?"),
    (lambda t: t.replace("age,city", "age,town"), "no column 'city'", "x.csv", "there are age, town"),
    (lambda t: t.replace("\n", ",7\n").replace("bought,7", "bought"), "found 7", "x.csv, line 2", "correct the row"),
    (lambda t: t.replace("\n", "\nmany,", 1).replace("many,,", "many,"), "found", "x.csv, line 2", "correct"),
    (lambda t: t.partition("\n")[2], "no header", "x.csv", "age, city, since"),
    (lambda t: t.partition("\n")[0], "no row below", "x.csv", "one sample"),
    (lambda t: "", "nothing in it", "x.csv", "header"),
    (lambda t: '{"age": 1}\n', "no column 'city' (4 of 5 columns are missing)", "x.csv", "there are age"),
    (lambda t: '{"age": \n', "cannot be read as JSON", "x.csv, line 1", "one object a line"),
    (lambda t: '[1, 2]\n', "expected a JSON object; found list", "x.csv, line 1", "one object a line"),
])
def test_rows_that_do_not_fit_are_refused(change, message, where, hint, trained, rows, capsys):
    (trained / "x.csv").write_text(change(text(rows[:3])))
    error, _ = predict(capsys, "x.csv")
    assert message in error["message"] and error["where"] == where and hint in error["hint"]


@pytest.mark.parametrize(("column", "cell", "kind"), [
    ("fare", "dear", "numbers"), ("since", "soon", "dates"), ("member", "perhaps", "booleans"),
])
def test_a_cell_of_another_kind_is_refused_with_its_line(column, cell, kind, trained, rows, capsys):
    (trained / "x.csv").write_text(text([rows[0], {**rows[1], column: cell}]))
    error, _ = predict(capsys, "x.csv")
    assert error["message"] == f"column '{column}' holds {kind}, but here '{cell}'"
    assert error["where"] == "x.csv, line 3"


def test_jsonl_rows_are_refused_with_their_lines(trained, rows, capsys):
    good = json.dumps(rows[0])
    for bad, message in (
        ({**rows[1], "fare": [1]}, "'fare' is a list"), ({"age": 1}, "no column 'city'"),
        ({**rows[1], "fare": 1e300}, "holds numbers, but here '1e+300'"),
    ):
        (trained / "x.jsonl").write_text(f"{good}\n\n{json.dumps(bad)}\n")
        error, _ = predict(capsys, "x.jsonl")
        assert message in error["message"] and error["where"] == "x.jsonl, line 3"


@pytest.mark.parametrize("name", ["x.npy", "absent.csv", "."])
def test_what_is_no_table_is_refused(name, trained, capsys):
    np.save(trained / "x.npy", np.zeros((2, 11)))
    error, _ = predict(capsys, name)
    assert error["where"] == name and error["hint"]


def test_a_table_without_a_header_is_predicted_with_and_without_its_target(folder, rows, capsys):
    body = text(rows, columns=["fare", "bought", "city"]).partition("\n")[2]
    (folder / "people.csv").write_text(body)
    assert main(["train", "people.yaml", "-q", "dataset.target=1"]) == 0
    capsys.readouterr()
    (folder / "x.csv").write_text(text(rows[:5], columns=["fare", "city"]).partition("\n")[2])
    whole, _ = predict(capsys, "people.csv", "--proba")
    part, _ = predict(capsys, "x.csv", "--proba")
    assert answers(part) == answers(whole)[:5]


def test_numbers_are_predicted_from_tables(folder, rows, capsys):
    assert main([
        "train", "people.yaml", "-q", "dataset.target=fare", "model.layers=[{type: dense, units: 1}]", "loss=mse",
        "metrics=[]",
    ]) == 0
    capsys.readouterr()
    found, _ = predict(capsys, "people.csv")
    assert len(found) == 240 and all(isinstance(one["prediction"], float) for one in found)


def test_answers_are_written_row_by_row(trained, rows, capsys):
    (trained / "a.csv").write_text(text(rows))
    for name in ("o.csv", "o.jsonl", "o.json"):
        assert main(["predict", "latest", "a.csv", "-o", name]) == 0
    capsys.readouterr()
    whole, _ = predict(capsys, "a.csv")
    assert json.loads((trained / "o.json").read_text())["predictions"] == whole
    assert [json.loads(line) for line in (trained / "o.jsonl").read_text().splitlines()] == whole
    assert [line.split(",")[1] for line in (trained / "o.csv").read_text().splitlines()[1:]] == [
        one["prediction"] for one in whole
    ]


# Before a run


def test_check_reads_a_table_and_shows_its_columns(folder, capsys):
    assert main(["check", "people.yaml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["input_shape"] == [11] and [c["kind"] for c in found["columns"]] == [
        "number", "category", "date", "boolean", "number",
    ]
    assert main(["check", "people.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "3 categories: Bonn, Kiel, Ulm" in shown and "(N, 11)" in shown and "gaps are" in shown
    assert not list(folder.glob("runs*"))


def test_check_says_where_the_table_should_be(folder, capsys):
    (folder / "people.csv").unlink()
    assert main(["check", "people.yaml"]) == 2
    said = capsys.readouterr().err
    assert "people.yaml:2:3  dataset" in said and "looked for people.csv" in said


@pytest.mark.parametrize(("change", "place", "message"), [
    (("target: bought", "target: brought"), "people.yaml:4:11  dataset.target", "did you mean 'bought'?"),
    (("  path", "  types: {cty: category}\n  path"), "people.yaml:3:16  dataset.types.cty", "did you mean 'city'?"),
    (("  path", "  features: [age,\n    tity]\n  path"), "people.yaml:4:5  dataset.features.1", "did you mean 'city'?"),
])
def test_a_column_that_is_not_there_is_told_with_its_line(change, place, message, folder, capsys):
    (folder / "people.yaml").write_text(CONFIG.replace(*change))
    for command in ("train", "check"):
        assert main([command, "people.yaml"]) == 2
        said = capsys.readouterr().err
        assert place in said and message in said


def test_a_column_of_a_fallback_is_told_with_its_line(folder, capsys):
    (folder / "people.yaml").write_text(CONFIG.replace(
        "  path: people.csv\n", "  path: absent.csv\n  fallback: {type: csv, path: people.csv, target: cyti}\n",
    ))
    assert main(["train", "people.yaml"]) == 2
    assert "people.yaml:4:51  dataset.fallback.target" in capsys.readouterr().err


def test_show_tells_columns_and_splits(folder, capsys):
    assert main(["datasets", "show", "csv", "path=people.csv", "target=bought"]) == 0
    shown = capsys.readouterr().out
    assert "3 categories: Bonn, Kiel, Ulm" in shown and "since" in shown and "age" in shown
    assert main(["datasets", "show", "csv", "path=people.csv", "target=bought", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [column["name"] for column in found["columns"]] == ["age", "city", "since", "member", "fare"]


def test_a_run_goes_on_and_is_evaluated_with_its_files_where_they_were(folder, capsys, monkeypatch):
    (folder / "test.csv").write_text((folder / "people.csv").read_text())
    assert main(["train", "people.yaml", "-q", "+dataset.test_path=test.csv"]) == 0
    other = folder / "elsewhere"
    other.mkdir()
    monkeypatch.chdir(other)
    assert main(["train", "--resume", "latest", "training.epochs=9", "-q"]) == 0
    assert main(["evaluate", "latest", "-q"]) == 0
    capsys.readouterr()
    content = (folder / "test.csv").read_text()
    (folder / "test.csv").write_text(content.replace("Ulm", "Kiel", 1))
    assert main(["evaluate", "latest"]) == 1
    assert "no longer what the run was trained on" in capsys.readouterr().err
