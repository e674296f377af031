"""`dlcli init`: what it writes can be trained, and what is there is never overwritten."""

import json

import numpy as np
import polars as pl
import pytest
from PIL import Image

from dlcli.cli.main import main
from dlcli.config import shipped


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def error(capsys, *args):
    assert main(["init", *args, "--json"]) == 2
    return json.loads(capsys.readouterr().out)["error"]


def trains(path):
    return main(["train", str(path), "-q", "--fast-dev-run"]) == 0


def test_the_starter_checks_and_trains(folder, capsys):
    assert main(["init"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "starter.yaml\n"
    assert "dlcli train starter.yaml" in captured.err
    assert (folder / "starter.yaml").read_text().count("#") > 5
    assert main(["check", "starter.yaml"]) == 0
    assert trains("starter.yaml")


ARRAYS = {
    "images": lambda rng: {"x_train": rng.integers(0, 256, (40, 6, 5), dtype=np.uint8), "y_train": np.arange(40) % 3},
    "tables": lambda rng: {
        "x_train": rng.normal(size=(40, 4)), "y_train": np.arange(40) % 2,
        "x_test": rng.normal(size=(9, 4)), "y_test": np.arange(9) % 2,
    },
    "numbers": lambda rng: {
        "x_train": rng.normal(size=(40, 4)), "y_train": rng.normal(size=(40, 2)),
        "x_validation": rng.normal(size=(9, 4)), "y_validation": rng.normal(size=(9, 2)),
    },
    "one_hot": lambda rng: {
        "x_train": rng.normal(size=(40, 2, 2, 2)), "y_train": np.eye(4, dtype=np.int64)[np.arange(40) % 4],
    },
}


@pytest.mark.parametrize("name", ARRAYS)
def test_a_configuration_for_arrays_checks_and_trains(folder, capsys, name):
    (folder / "data").mkdir()
    np.savez(folder / "data" / f"{name}.npz", **ARRAYS[name](np.random.default_rng(0)))
    assert main(["init", f"data/{name}.npz", "-o", "sub/model.yaml"]) == 0
    text = (folder / "sub" / "model.yaml").read_text()
    assert f"../data/{name}.npz" in text
    assert ("mse" in text) == (name == "numbers")
    assert main(["check", "sub/model.yaml"]) == 0
    assert trains("sub/model.yaml")


def people(rows=120):
    rng = np.random.default_rng(0)
    cities, streets = np.array(["Ulm", "Bonn", "Kiel"]), [f"street {n}" for n in range(40)]
    city, fare = cities[rng.integers(0, 3, rows)], rng.gamma(2, 2000, rows)
    return pl.DataFrame({
        "id": range(1, rows + 1), "name": [f"Person {n}" for n in range(rows)],
        "age": [None if n % 9 == 4 else int(rng.integers(18, 80)) for n in range(rows)], "city": city,
        "street": [streets[n] for n in rng.integers(0, 40, rows)], "fare": fare,
        "bought": np.where((fare > 3500) != (city == "Ulm"), "yes", "no"),
    })


@pytest.mark.parametrize("name", ["people.csv", "people.tsv", "people.parquet"])
def test_a_configuration_for_a_table_checks_and_trains(folder, capsys, name):
    (folder / "data").mkdir()
    if name.endswith("parquet"):
        people().write_parquet(folder / "data" / name)
    else:
        people().write_csv(folder / "data" / name, separator="," if name.endswith("csv") else "\t")
    assert main(["init", f"data/{name}", "--target", "bought", "-o", "sub/model.yaml"]) == 0
    text = (folder / "sub" / "model.yaml").read_text()
    assert f"../data/{name}" in text and "id: ignore" in text and "name: ignore" in text
    assert "street: embedding" in text and "column_embedding" in text and "Bonn, Kiel, Ulm" in text
    assert main(["check", "sub/model.yaml"]) == 0
    capsys.readouterr()
    assert main(["train", "sub/model.yaml", "--json", "training.epochs=40"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["test"]["accuracy"] > 0.6 and "WARNING" not in captured.err
    assert main(["predict", "latest", f"data/{name}"]) == 0


def test_a_table_with_dates_says_how_later_rows_are_foretold(folder, capsys):
    rng = np.random.default_rng(0)
    days = np.datetime64("2024-01-01") + np.arange(300)
    pl.DataFrame({
        "day": days, "shop": [f"shop {n}" for n in rng.integers(0, 40, 300)], "rain": rng.normal(-9, 1, 300),
        "full": np.array(["no", "yes"])[rng.integers(0, 2, 300)],
    }).write_csv("shops.csv")
    assert main(["init", "shops.csv", "--target", "full"]) == 0
    text = (folder / "shops.yaml").read_text()
    assert "`time: day`" in text and "(x + 9.0" in text and "stratify: true" in text
    assert "shop  category     1  id of 40 categories" in text and "3 column(s) become 6 numbers" in text
    (folder / "shops.yaml").write_text(text.replace("stratify: true", "time: day"))
    capsys.readouterr()
    assert main(["train", "shops.yaml", "--json", "training.epochs=2"]) == 0
    run = json.loads(capsys.readouterr().out)["run_dir"]
    assert main(["evaluate", run]) == 0
    assert pl.read_csv(f"{run}/evaluation/test/worst.csv")["index"].min() >= 240, "the last 60 days"


def test_a_configuration_for_numbers_answers_in_their_units(folder, capsys):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "price": 250_000 + 40_000 * (x[:, 0] - x[:, 1])}).write_csv("houses.csv")
    assert main(["init", "houses.csv", "--target", "price"]) == 0
    text = (folder / "houses.yaml").read_text()
    assert "rescaling" in text and "mse" in text
    assert main(["train", "houses.yaml", "--json", "training.epochs=60"]) == 0
    done = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert done["test"]["r2"] > 0.95 and done["test"]["mae"] > 10


TEXTS = "".join(f"{'spam' if n % 3 else 'ham'}\tthis is message number {n}, do call now\n" for n in range(90))


@pytest.mark.parametrize(("name", "content", "target"), [
    ("t.tsv", TEXTS, []), ("t.tsv", TEXTS, ["--target", "0"]), ("t.tsv", f"kind\ttext\n{TEXTS}", ["--target", "kind"]),
    ("t.csv", "message,kind\n" + "".join(f"see you soon at {n},{'ab'[n % 2]}\n" for n in range(90)),
     ["--target", "kind"]),
])
def test_a_table_of_texts_is_told_apart_by_its_words(folder, capsys, name, content, target):
    (folder / name).write_text(content)
    assert main(["init", name, *target]) == 0
    assert "type: text_classification" in (folder / "t.yaml").read_text()
    assert main(["check", "t.yaml"]) == 0
    assert trains("t.yaml")


def test_a_configuration_for_a_text_checks_and_trains(folder, capsys):
    (folder / "plays.txt").write_text("To be, or not to be: that is the question.\n" * 60)
    assert main(["init", "plays.txt"]) == 0
    assert main(["check", "plays.yaml"]) == 0
    assert trains("plays.yaml")


def shapes(folder, sizes, count=30):
    """Bright and dark images, in two folders."""
    for name, level in (("bright", 200), ("dark", 30)):
        (folder / name).mkdir(parents=True)
        for n in range(count):
            Image.new("L", sizes[n % len(sizes)], level + n).save(folder / name / f"{n}.png")


@pytest.mark.parametrize(("sizes", "size"), [([(12, 10)], None), ([(60, 40), (64, 48), (70, 50)], "[48, 64]")])
def test_a_configuration_for_a_folder_of_images_checks_and_trains(folder, capsys, sizes, size):
    shapes(folder / "pictures", sizes)
    assert main(["init", "pictures"]) == 0
    text = (folder / "pictures.yaml").read_text()
    assert "color: gray" in text and ("image_size" in text) == bool(size) and (size or "path: pictures") in text
    assert main(["check", "pictures.yaml"]) == 0
    capsys.readouterr()
    assert main(["train", "pictures.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["test"]["accuracy"] > 0.9
    assert main(["predict", "latest", "pictures/dark"]) == 0


def test_given_splits_of_images_are_taken(folder, capsys):
    for part in ("train", "test"):
        shapes(folder / "pictures" / part, [(8, 8)])
    assert main(["init", "pictures"]) == 0
    assert "test_split" not in (folder / "pictures.yaml").read_text()
    assert trains("pictures.yaml")


def test_the_column_to_be_predicted_is_asked_for(folder, capsys):
    people().write_csv(folder / "people.csv")
    found = error(capsys, "people.csv")
    assert "id, name, age, city" in found["message"] and "--target bought" in found["hint"]
    found = error(capsys, "people.csv", "--target", "brought")
    assert found["where"] == "--target" and found["hint"] == "did you mean 'bought'?"
    (folder / "plays.txt").write_text("To be")
    assert "no columns" in error(capsys, "plays.txt", "--target", "b")["message"]


@pytest.mark.parametrize("name", shipped.names())
def test_every_example_is_copied_as_it_is(folder, capsys, name):
    assert main(["init", "--example", name]) == 0
    made = capsys.readouterr().out.strip()
    assert (folder / made).read_bytes() == shipped.path(name).read_bytes()


def test_an_example_goes_where_it_is_wanted(folder, capsys):
    assert main(["init", "--example", "xor", "-o", "deep/er/mine.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"path": "deep/er/mine.yaml"}
    assert (folder / "deep" / "er" / "mine.yaml").exists()
    assert main(["init", "--example", "xor.yaml", "-o", "-"]) == 0
    assert capsys.readouterr().out == shipped.path("xor").read_text()


def test_nothing_is_overwritten_without_yes(folder, capsys):
    (folder / "starter.yaml").write_text("mine")
    assert "-y" in error(capsys)["hint"]
    assert (folder / "starter.yaml").read_text() == "mine"
    assert main(["init", "-y"]) == 0
    assert (folder / "starter.yaml").read_text() != "mine"


def test_an_unknown_example_is_a_usage_error(capsys):
    assert error(capsys, "--example", "mnist_mpl")["hint"] == "did you mean 'mnist_mlp'?"
    assert "xor" in error(capsys, "--example", "../../etc/passwd")["hint"]


def test_data_that_cannot_be_read_is_a_clear_error(folder, capsys):
    (folder / "broken.npz").write_bytes(b"not a zip")
    (folder / "broken.parquet").write_bytes(b"not a table")
    (folder / "picture.png").write_bytes(b"")
    np.savez(folder / "named.npz", a=np.zeros(3))
    assert ".csv" in error(capsys, "picture.png")["message"]
    assert "no such file" in error(capsys, "missing.npz")["message"]
    assert "no columns" in error(capsys, "named.npz", "--target", "a")["message"]
    for args in (["broken.npz"], ["named.npz"], ["broken.parquet", "--target", "a"]):
        assert main(["init", *args, "--json"]) == 1
        assert json.loads(capsys.readouterr().out)["error"]["type"] == "data"
    assert not list(folder.glob("*.yaml"))


def test_contradicting_arguments_are_usage_errors(capsys):
    assert "both" in error(capsys, "data.npz", "--example", "xor")["message"]
    assert "--target" in error(capsys, "--target", "b")["message"]
