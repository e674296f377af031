"""`dlcli init`: what it writes can be trained, and what is there is never overwritten."""

import json

import numpy as np
import pytest

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
    (folder / "table.csv").write_text("a,b\n1,2\n")
    (folder / "broken.npz").write_bytes(b"not a zip")
    np.savez(folder / "named.npz", a=np.zeros(3))
    assert ".npz" in error(capsys, "table.csv", "--target", "b")["message"]
    assert "no such file" in error(capsys, "missing.npz")["message"]
    assert "no columns" in error(capsys, "named.npz", "--target", "a")["message"]
    for name in ("broken.npz", "named.npz"):
        assert main(["init", name, "--json"]) == 1
        assert json.loads(capsys.readouterr().out)["error"]["type"] == "data"
    assert not list(folder.glob("*.yaml"))


def test_contradicting_arguments_are_usage_errors(capsys):
    assert "both" in error(capsys, "data.npz", "--example", "xor")["message"]
    assert "--target" in error(capsys, "--target", "b")["message"]
