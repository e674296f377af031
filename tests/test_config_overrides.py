import copy

import pytest

from dlcli.config.load import loads
from dlcli.config.overrides import apply
from dlcli.errors import ConfigError

TEXT = """\
name: mlp
seed:
optimizer: adam
model:
  layers:
    - flatten
    - {type: dense, units: 128}
    - dense
training: {epochs: 10, batch_size: 32}
"""


@pytest.fixture
def source():
    return loads(TEXT, "c.yaml")


def refused(source, *overrides):
    with pytest.raises(ConfigError) as caught:
        apply(source, overrides)
    assert all((p.file, p.line) == ("command line", 0) for p in caught.value.problems)
    return caught.value.problems


def only(source, override):
    (problem,) = refused(source, override)
    assert override in problem.message
    return problem


@pytest.mark.parametrize(("value", "expected"), [
    ("1e-3", 0.001), ("3", 3), ("no", "no"), ("true", True), ("null", None), ("", ""), ("a=b", "a=b"), ("a: b", "a: b"),
    ("*x", "*x"), ("!x", "!x"), ("# x", "# x"), ("1/255", "1/255"), (" 7 ", 7), ("'7'", "7"), ('"a\\tb"', "a\tb"),
    ("[flatten,{type: dense,units: 3}]", ["flatten", {"type": "dense", "units": 3}]), ("{}", {}), ("[]", []),
    ("[&a x, *a]", ["x", "x"]), ("- a", "- a"), ("C:\\data", "C:\\data"), ("http://x/y", "http://x/y"),
])
def test_values_are_yaml_scalars_or_flow_collections(source, value, expected):
    changed = apply(source, [f"name={value}"]).data["name"]
    assert changed == expected
    assert type(changed) is type(expected)


def test_the_input_stays_as_it_is(source):
    data, positions = copy.deepcopy(source.data), dict(source.positions)
    apply(source, ["model.layers.1.units=3", "~training", "optimizer.beta=1", "model.layers.0.name=x", "seed.a=1"])
    assert source.data == data
    assert source.positions == positions


@pytest.mark.parametrize("key", ["model.layers.1.units", "model.layers[1].units", "model.layers.-2.units"])
def test_list_items_are_reached_by_index(source, key):
    assert apply(source, [f"{key}=64"]).data["model"]["layers"][1] == {"type": "dense", "units": 64}


def test_a_key_that_the_file_lacks_is_set_and_blocks_on_the_way_are_made(source):
    data = apply(source, ["schedule.warmup.steps=5", "loss=mse", "seed.x=1"]).data
    assert data["schedule"] == {"warmup": {"steps": 5}}
    assert data["loss"] == "mse"
    assert data["seed"] == {"x": 1}


def test_a_bare_component_name_becomes_a_block(source):
    data = apply(source, ["optimizer.learning_rate=0.1", "model.layers.2.units=3", "optimizer.beta=2"]).data
    assert data["optimizer"] == {"type": "adam", "learning_rate": 0.1, "beta": 2}
    assert data["model"]["layers"][2] == {"type": "dense", "units": 3}


def test_plus_adds_only_what_is_not_there(source):
    assert apply(source, ["+loss=mse"]).data["loss"] == "mse"
    assert apply(source, ["+model.layers.3=softmax"]).data["model"]["layers"][3] == "softmax"
    assert apply(source, ["++name=x", "++loss=mse"]).data["name"] == "x"
    assert "there already: the text 'mlp'" in only(source, "+name=x").message
    assert "there already" in only(source, "+model.layers.0=x").message


def test_tilde_deletes_keys_and_list_items(source):
    data = apply(source, ["~seed", "~model.layers.0", "~training.epochs"]).data
    assert "seed" not in data
    assert data["model"]["layers"][0] == {"type": "dense", "units": 128}
    assert data["training"] == {"batch_size": 32}


def test_deleting_what_is_not_there_is_an_error(source):
    assert only(source, "~training.epoch").hint == "did you mean 'epochs'?"
    assert "no 'nothing'" in only(source, "~nothing.below").message
    assert "a list of 3" in only(source, "~model.layers.3").message
    assert "takes no value" in only(source, "~seed=1").message
    assert "nothing lies below" in only(source, "~optimizer.learning_rate").message


def test_an_index_out_of_range_says_the_length(source):
    assert "'model.layers' is a list of 3: expected an index from 0 to 2; found 3" in only(
        source, "model.layers.3.units=1").message
    assert "expected the index of an item; found 'units'" in only(source, "model.layers.units=1").message
    assert "it has no item" in refused(source, "metrics=[]", "metrics.0=x")[0].message


def test_nothing_lies_below_a_number(source):
    problem = only(source, "training.epochs.x=1")
    assert (problem.path, "is the number 10" in problem.message) == ("training.epochs.x", True)


@pytest.mark.parametrize("override", [
    "name", "", "=3", "a..b=1", ".a=1", "a.=1", "a=[1", "a='x", "a='x' y", "a=[1] 2", "a='x': 1", "a={b: 1, b: 2}",
    "a=[!x 1]", "a={type:dense}", "a=x\udcff", "a=\0", "a=" + "9" * 5000, "a." * 60 + "b=1",
    "a=" + "[" * 60 + "]" * 60, "a.b.c=" + "[" * 49 + "]" * 49,
])
def test_what_is_no_override_is_an_error(source, override):
    only(source, override)


def test_all_mistakes_are_reported_at_once(source):
    found = refused(source, "oops", "training.epochs=3", "~nothing", "model.layers.9=x", "+name=x")
    assert [p.path for p in found] == ["oops", "nothing", "model.layers.9", "name"]


def test_a_problem_of_an_overridden_value_is_placed_on_the_command_line(source):
    changed = apply(source, ["training.epochs=x", "model.layers=[{type: dense}]", "optimizer.rate=1"])
    problem = changed.problem(("training", "epochs"), "expected an integer")
    assert str(problem) == "command line  training.epochs: expected an integer (set by 'training.epochs=x')"
    assert changed.problem(("training", "epochs"), "unknown key", key=True).line == 9
    assert changed.problem(("model", "layers", 0, "units"), "missing").file == "command line"
    assert changed.problem(("optimizer", "rate"), "unknown key", key=True).file == "command line"
    assert changed.problem(("optimizer", "type"), "unknown").line == 3
    assert changed.problem(("optimizer", "missing"), "missing").line == 3


def test_positions_move_up_with_the_items_behind_a_deleted_one(source):
    changed = apply(source, ["~model.layers.0"])
    assert changed.problem(("model", "layers", 0, "units"), "bad").line == 7
    assert changed.problem(("model", "layers", 1), "bad").line == 8
    assert ("model", "layers", 2) not in changed.positions
