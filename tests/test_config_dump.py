import math

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlcli.config.compose import MAX_DEPTH
from dlcli.config.dump import dump
from dlcli.config.load import loads

SIGNS = st.sampled_from("aé1 :#-'\"\n\t{}[],&*!|>%@~=.\\\x85\u2028_")
TEXTS = st.text(max_size=20) | st.text(alphabet=SIGNS, max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12)

TRICKY = [
    "no", "yes", "on", "off", "y", "n", "true", "True", "null", "~", "", " ", "1e-3", "012", "0o17", "0x1F", "1_000",
    ".5", "1.", ".inf", ".nan", "2001-01-01", "12:30", "1/255", "a: b", "a:b", "a #b", "#a", "- a", "-", "--", "---",
    "...", "? a", "*a", "&a", "!a", "%a", "@a", "`a`", "<<", "=", "[a", "a]", "{a", "a}", "a, b", "'", '"', "it's",
    'say "x"', "C:\\data", "é", "日本", "😀", "\ufeff", "\x85", "\u2028", "\x7f", "\0", "\t", "a\tb", " a", "a ",
    "a  b", "a\n", "a\nb", "a\nb\n", "\na", "a\n\nb", "a\n\n", "  a\nb", "a\n  b", "a\n \nb", "a\r\nb", "# x\n# y",
    "a: b\nc: d\n", "---\n---\n", "x" * 200, "9" * 200, "word " * 50,
]


def same(a, b):
    """Equal, with equal types and the sign of zero, all the way down."""
    return repr(a) == repr(b)


@pytest.mark.parametrize("text", TRICKY)
def test_text_is_read_back_as_the_same_text_wherever_it_stands(text):
    data = {"a": text, "b": [text, [text]], "c": {"type": text, "d": {text: text}}, text: {text: [{text: text}]}}
    assert same(loads(dump(data), "c.yaml").data, data)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=5))
@example({})
@example({"k" * 3000: {"j" * 3000: [{"i" * 3000: "v"}]}})
@example({"a": [[], {}, [[]], [{}], {"b": []}], "c": {}})
@example({"a": [[1, [2, [3, {"b": "x\ny"}]]], {"c": "x\ny\n"}]})
def test_loads_reads_back_what_dump_wrote(data):
    assert same(loads(dump(data), "c.yaml").data, data)


@pytest.mark.parametrize("number", [1e-07, 1e16, 1.5e-300, 5.0, -0.0, 0.1, 123456789012345678, -3, 5e-324])
def test_numbers_keep_value_and_type_for_yaml_1_1_readers_too(number):
    text = dump({"a": number, "b": [number]})
    assert same(loads(text, "c.yaml").data, {"a": number, "b": [number]})
    assert same(yaml.safe_load(text), {"a": number, "b": [number]})


@pytest.mark.parametrize("text", TRICKY)
def test_text_is_text_for_yaml_1_1_readers_too(text):
    assert yaml.safe_load(dump({"a": text})) == {"a": text}


def test_the_style_is_that_of_a_person():
    data = {
        "name": "mnist-mlp", "seed": 42,
        "dataset": {"type": "mnist", "preprocessing": [{"type": "rescale", "scale": "1/255"}], "path": None},
        "model": {"layers": ["flatten", {"type": "dense", "units": 64, "activation": "relu"},
                             {"type": "dense", "units": 3, "kernel_initializer": {"type": "zeros"}}]},
        "optimizer": {"type": "adam", "learning_rate": 0.001, "epsilon": 1e-07}, "metrics": ["accuracy"],
        "training": {"epochs": 10, "shuffle": True, "early_stopping": {"monitor": "val_loss", "patience": 3}},
        "description": "First line.\nSecond: line.\n",
    }
    assert dump(data) == """\
name: mnist-mlp
seed: 42
dataset:
  type: mnist
  preprocessing:
    - {type: rescale, scale: 1/255}
  path: null
model:
  layers:
    - flatten
    - {type: dense, units: 64, activation: relu}
    - {type: dense, units: 3, kernel_initializer: {type: zeros}}
optimizer: {type: adam, learning_rate: 0.001, epsilon: 1.0e-07}
metrics: [accuracy]
training:
  epochs: 10
  shuffle: true
  early_stopping: {monitor: val_loss, patience: 3}
description: |
  First line.
  Second: line.
"""


def test_lines_of_flow_style_fit_in_100_columns():
    data = {"model": {"layers": [{"type": "dense", **{f"key_{i}": i for i in range(n)}} for n in range(20)]}}
    text = dump(data)
    assert max(map(len, text.splitlines())) <= 100
    assert loads(text, "c.yaml").data == data


@pytest.mark.parametrize(("data", "words"), [
    ({"a": {"b": math.inf}}, "a.b: expected a finite number; found inf"), ({"a": [math.nan]}, "a.0: expected a finite"),
    ({"a": {1: 2}}, "keys being text"), ({"a": object()}, "found object"), ({"a": "\ud800"}, "surrogate"),
    ({"a": 10**100}, "at most 99 digits"), ([], "top level"),
])
def test_what_yaml_cannot_hold_is_refused_with_its_key(data, words):
    with pytest.raises(ValueError, match=words):
        dump(data)


def test_a_list_in_itself_is_refused_and_the_deepest_readable_data_is_written():
    loop = []
    loop.append(loop)
    with pytest.raises(ValueError, match="levels of nesting"):
        dump({"a": loop})
    deep = "x"
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    assert loads(dump({"a": deep}), "c.yaml").data == {"a": deep}
    with pytest.raises(ValueError, match="levels of nesting"):
        dump({"a": [deep]})
