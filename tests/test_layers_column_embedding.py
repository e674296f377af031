"""column_embedding: the data says which numbers of a row are ids; no other layer takes them for sizes."""

import json

import numpy as np
import pytest

from dlcli.cli.main import main
from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.errors import DataError, ShapeError
from dlcli.model import Model, Pass

EMBEDDING = {"type": "column_embedding", "output_dim": 2}


def model(*layers, width=4, columns=(3, 5)):
    return Model([from_yaml(Layer, layer) for layer in layers], (width,), dtype="float64", id_columns=columns)


def test_tables_are_as_large_as_the_data_says():
    made = model(EMBEDDING)
    assert made.out_shape == (2 + 2 * 2,)
    assert {slot.name: slot.param.shape for slot in made.layout} == {
        "column_embedding/embeddings_0": (3, 2), "column_embedding/embeddings_1": (5, 2),
    }
    larger = model({**EMBEDDING, "sizes": [9, 5]})
    assert [slot.param.shape for slot in larger.layout] == [(9, 2), (5, 2)]


def test_the_same_layer_is_one_hot_rows_times_a_kernel():
    made = model(EMBEDDING)
    theta, buffers = made.initialize(np.random.default_rng(0))
    tables = list(made.layout.views(theta).values())
    x = np.array([[0.5, -1, 0, 4], [2, 3, 2, 0]])
    wanted = np.hstack([x[:, :2], np.eye(3)[[0, 2]] @ tables[0], np.eye(5)[[4, 0]] @ tables[1]])
    np.testing.assert_array_equal(Pass(made, theta, buffers).forward(x), wanted)


def test_ids_reach_it_in_branches_and_behind_layers_that_keep_the_numbers():
    deep = model({"type": "input", "shape": [4]}, EMBEDDING)
    assert deep.out_shape == (6,)
    wide = model({"type": "parallel", "branches": [[EMBEDDING], [{**EMBEDDING, "output_dim": 1}]]})
    assert wide.out_shape == (6 + 4,)


@pytest.mark.parametrize("layers", [
    [{"type": "dense", "units": 2}], ["tanh"], [{"type": "reshape", "shape": [2, 2]}, {"type": "flatten"}],
    [{"type": "parallel", "branches": [[EMBEDDING], [{"type": "dense", "units": 2}]]}],
    [{"type": "dropout", "rate": 0.5}],
    [{"type": "residual", "layers": [{"type": "dense", "units": 4}]}],
])
def test_no_other_layer_takes_ids_for_sizes(layers):
    with pytest.raises(ShapeError, match="last 2 of the 4 numbers of a sample are ids") as error:
        model(*layers)
    assert "column_embedding" in error.value.hint


@pytest.mark.parametrize(("keys", "columns", "match"), [
    ({}, (), "no ids of categories"), ({"sizes": [3]}, (3, 5), "columns of 3, 5 ids"),
    ({"sizes": [3, 4]}, (3, 5), "tables for 3, 4"), ({"sizes": [1] * 5}, (), "5 id"),
])
def test_samples_that_do_not_fit_are_refused(keys, columns, match):
    with pytest.raises(ShapeError, match=match) as error:
        model({**EMBEDDING, **keys}, columns=columns)
    assert error.value.hint


@pytest.mark.parametrize("bad", [3.0, -1.0, 0.5, np.nan])
def test_an_id_that_is_none_is_named(bad):
    made = model(EMBEDDING)
    theta, buffers = made.initialize(np.random.default_rng(0))
    with pytest.raises(DataError, match=f"found {bad:g}"):
        Pass(made, theta, buffers).forward(np.array([[1, 2, bad, 0]]))


CONFIG = """\
dataset: {type: csv, path: t.csv, target: y, encoding: {city: embedding}, test_split: 0.25}
model: {layers: [{type: column_embedding, output_dim: 3}, {type: dense, units: 2, activation: softmax}]}
loss: categorical_crossentropy
optimizer: {type: adam, learning_rate: 0.05}
training: {epochs: 25}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    cities = [f"c{k}" for k in rng.integers(0, 12, 300)]
    rows = "".join(f"{city},{rng.normal():.3f},{'yes' if int(city[1:]) % 2 else 'no'}\n" for city in cities)
    (tmp_path / "t.csv").write_text(f"city,n,y\n{rows}")
    (tmp_path / "t.yaml").write_text(CONFIG)
    return tmp_path


def test_a_run_learns_its_categories_and_answers_for_new_ones(folder, capsys):
    assert main(["train", "t.yaml", "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["test"]["loss"] < 0.3
    (folder / "x.csv").write_text("n,city\n0,c3\n0,c4\n0,c99\n")
    assert main(["predict", "latest", "x.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["predictions"]
    assert [one["prediction"] for one in found[:2]] == ["yes", "no"]
    assert main(["gradcheck", "t.yaml"]) == 0


def test_ids_without_the_layer_are_told_with_their_line(folder, capsys):
    (folder / "t.yaml").write_text(CONFIG.replace("{type: column_embedding, output_dim: 3}", "{type: dense, units: 3}"))
    assert main(["train", "t.yaml"]) == 2
    assert "t.yaml:2:18  model.layers.0" in capsys.readouterr().err


@pytest.mark.parametrize("keys", ["preprocessing: [standardize]", "autoencode: true"])
def test_ids_are_not_to_be_changed_or_predicted(keys, folder, capsys):
    (folder / "t.yaml").write_text(CONFIG.replace("test_split", f"{keys}, test_split"))
    assert main(["check", "t.yaml"]) == 2
    assert "ids of embedded categories" in capsys.readouterr().err
