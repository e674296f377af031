import math
import os
import subprocess
import sys
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlcli.config.compose import MAX_DEPTH, MAX_PROBLEMS
from dlcli.config.load import MAX_BYTES, load, loads
from dlcli.config.source import Place
from dlcli.errors import ConfigError


def problems(text):
    with pytest.raises(ConfigError) as caught:
        loads(text, "c.yaml")
    return caught.value.problems


def only(text):
    (problem,) = problems(text)
    return problem


def place(problem):
    return problem.line, problem.column


@pytest.mark.parametrize(("text", "value"), [
    ("1e-3", 0.001), ("1.5e3", 1500.0), ("1.", 1.0), (".5", 0.5), ("-.inf", -math.inf), (".INF", math.inf),
    ("012", 12), ("-3", -3), ("+3", 3), ("0o17", 15), ("0x1F", 31),
    ("true", True), ("TRUE", True), ("False", False), ("~", None), ("null", None), ("", None), ("NULL", None),
    ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("2001-01-01", "2001-01-01"), ("1_000", "1_000"),
    ("12:30", "12:30"), ("1/255", "1/255"), ("nULL", "nULL"), ("0b1", "0b1"), ("-0x1F", "-0x1F"), ("=", "="),
    ("'1'", "1"), ('"true"', "true"), ('"\\t\\u00e9"', "\té"), ("|\n  1\n", "1\n"), ("٣", "٣"),
])
def test_plain_scalars_follow_the_yaml_1_2_core_schema(text, value):
    data = loads(f"a: {text}", "c.yaml").data
    assert data == {"a": value}
    assert type(data["a"]) is type(value)


def test_nan_is_a_number():
    assert math.isnan(loads("a: .nan", "c.yaml").data["a"])


def test_every_key_and_value_has_its_position():
    source = loads("name: x\nmodel:\n  layers:\n    - flatten\n    - {type: dense, units: 3}\nend:\n", "c.yaml")
    assert source.data["model"]["layers"][1] == {"type": "dense", "units": 3}
    assert source.positions[("name",)] == Place((1, 1, ""), (1, 7, ""))
    assert source.positions[("model", "layers")] == Place((3, 3, ""), (4, 5, ""))
    assert source.positions[("model", "layers", 0)] == Place((4, 7, ""), (4, 7, ""))
    assert source.positions[("model", "layers", 1, "units")] == Place((5, 21, ""), (5, 28, ""))
    assert source.positions[("end",)].key == (6, 1, "")
    assert source.positions[()].value == (1, 1, "")


def test_problem_is_placed_at_the_value_the_key_or_the_block_around():
    source = loads("seed: x\ntraining:\n  epochs: 3\n", "c.yaml")
    assert place(source.problem(("seed",), "bad")) == (1, 7)
    assert place(source.problem(("seed",), "bad", key=True)) == (1, 1)
    assert place(source.problem(("training", "batch_size"), "missing")) == (2, 1)
    assert place(source.problem(("loss",), "missing")) == (1, 1)
    text = str(source.problem(("training", "epochs"), "expected more", "try 4"))
    assert text == "c.yaml:3:11  training.epochs: expected more (try 4)"


def test_duplicate_keys_are_errors_with_both_positions():
    first, second = problems("a: 1\nb:\n  - x: 1\n    x: 2\na: 2\n")
    assert (place(first), first.path) == ((4, 5), "b.0.x")
    assert (place(second), second.path) == ((5, 1), "a")
    assert "first at line 1, column 1" in second.message


@pytest.mark.parametrize(("text", "tag"), [
    ("a: !!python/object/apply:os.system [x]", "!!python/object/apply:os.system"),
    ("a: !!str 1", "!!str"), ("a: !env HOME", "!env"), ("a: ! 1", "!"), ("!!map {a: 1}", "!!map"),
    ("a: !e!x y", "!e!x"),
])
def test_a_tag_is_an_error_that_names_it(text, tag):
    assert f"found the tag '{tag}'" in problems(text)[0].message


def test_tags_and_duplicate_keys_are_reported_together_with_the_syntax_error_behind_them():
    found = problems("a: !x 1\na: 2\nb: [1\n")
    assert [p.line for p in found[:2]] == [1, 2]
    assert "still open" in found[2].message


def test_a_whole_number_as_a_key_is_its_text():
    assert loads("class_weight: {0: 1.0, 12: 5.0}", "text").data == {"class_weight": {"0": 1.0, "12": 5.0}}
    assert "given twice" in only("0: 1\n'0': 2").message


@pytest.mark.parametrize("entry", ["true: 2", "null: 2", "1.5: 2", "? [a]\n: 2", "? {a: b}\n: 2"])
def test_keys_that_are_not_text_are_errors(entry):
    assert "expected text as a key" in only(f"a: 1\n{entry}").message


def test_merge_key_is_an_ordinary_key():
    assert loads("a: &x {b: 1}\nc: {<<: *x}", "c.yaml").data == {"a": {"b": 1}, "c": {"<<": {"b": 1}}}


def test_an_alias_is_a_copy_placed_where_it_stands():
    source = loads("a: &x {p: 1}\nd: *x\n", "c.yaml")
    assert source.data == {"a": {"p": 1}, "d": {"p": 1}}
    assert source.data["a"] is not source.data["d"]
    assert source.positions[("d",)].value == (2, 4, "")
    assert source.positions[("d", "p")].value == (1, 11, "")


def test_recursive_and_unknown_aliases_are_errors():
    assert "inside the very value" in only("a: &x [*x]").message
    assert "no '&y' comes before" in only("a: *y").message


def test_a_second_document_is_an_error():
    assert place(only("a: 1\n---\nb: 2\n")) == (2, 1)
    assert loads("%YAML 1.2\n---\na: 1\n...\n", "c.yaml").data == {"a": 1}


@pytest.mark.parametrize(("text", "where", "words"), [
    ("a:\n\tb: 1", (2, 1), "found a tab"),
    ("a:\n  b: 1\n\tc: 2", (3, 1), "found a tab"),
    ("a: [1,2\nb: 3", (2, 2), "the '[' of line 1, column 4 is still open"),
    ("a: {b: 1", (1, 9), "found the end of the text"),
    ("a: 'x\nb: 1\n", (1, 4), "never closed"),
    ("a: b: c", (1, 5), "a second ': '"),
    ("a: 1\n  b: 2", (2, 3), "line 1, 'a: 1', is not a block"),
    ("a:\n    b: 1\n  c: 2", (3, 3), "indentation fits no block"),
    ("a: @x", (1, 4), "cannot begin with '@'"),
    ("a: b\nc", (2, 1), "found 'c'"),
    ("a: 1\nb:2\nc: 3", (2, 1), "found 'b:2'"),
    ('a: "C:\\data"', (1, 7), "has no meaning"),
    ("a: 'it's'", (1, 8), "expected the end of the line"),
    ("a: ]", (1, 4), "expected a value; found ']'"),
    ("a: *", (1, 5), "no name follows"),
    ("- a\nb: 1", (2, 1), "a key among the items"),
    ("a: 1\n- b", (2, 1), "a list item among the keys"),
    ("a: x\x01", (1, 5), "U+0001"),
    ('a: "\\U00110000"', (1, 1), "not YAML"),
    ('a: "\\ud800"', (1, 4), "surrogate"),
    ("a: " + "9" * 5000, (1, 4), "at most 100 digits"),
])
def test_text_that_is_no_yaml_is_explained_in_plain_words(text, where, words):
    problem = only(text)
    assert words in problem.message
    assert place(problem) == where


@pytest.mark.parametrize("text", ["epochs:10", "a: 1\nb:2\nc: 3", "a: {type:dense}", "x: 1\nepochs:10\nb: 2"])
def test_a_missing_space_after_a_colon_is_pointed_out(text):
    assert "space after" in only(text).hint


@pytest.mark.parametrize(("text", "words"), [
    ("", "empty"), ("# only a comment\n", "empty"), ("---\n", "empty"), ("\ufeff", "empty"),
    ("- a", "found a list of 1"), ("just text", "found the text 'just text'"), ("null", "found nothing"),
])
def test_the_top_level_is_a_mapping(text, words):
    assert words in only(text).message


def test_billion_laughs_is_refused_at_once():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 20)]
    start = time.perf_counter()
    assert "at most 20,000 keys and values" in only("\n".join(lines)).message
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("text", [
    "a: " + "[" * 100_000, "a: " + "{a: " * 100_000, "- " * 100_000, "\n".join(" " * i + "a:" for i in range(1000)),
    "a0: &a0 [x]\n" + "\n".join(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 2000)),
])
def test_deep_nesting_is_refused_without_recursion(text):
    assert f"at most {MAX_DEPTH} levels" in only(text).message


def nested_lists(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_nesting_up_to_the_bound_is_read():
    text = "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert loads(text, "c.yaml").data["a"] == nested_lists(MAX_DEPTH - 1)


@pytest.mark.parametrize("text", [
    "\n".join(f"k{i}: 1" for i in range(100_000)),
    "\n".join("k: 1" for _ in range(100_000)),
    "a: '" + "x " * 400_000 + "'",
    "#" * 900_000 + "\na: 1",
])
def test_a_hostile_megabyte_is_answered_fast(text):
    start = time.perf_counter()
    try:
        loads(text, "c.yaml")
    except ConfigError as error:
        assert len(error.problems) <= MAX_PROBLEMS
    assert time.perf_counter() - start < 10  # far below it on a quiet machine


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab:-[]{},#&*!|>'\"%@` \n\t\\?0.~\ufeff\x85é\ud800"), max_size=40))
@example("? ")
@example('"\\x')
@example("%YAML 1." + "9" * 5000)
@example("a: !<%ff> b")
def test_any_text_is_read_or_refused_with_a_config_error(text):
    try:
        loads(text, "c.yaml")
    except ConfigError as error:
        assert error.problems


def refused(path):
    with pytest.raises(ConfigError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert problem.file == str(path)
    return problem


def test_a_file_is_read_under_its_name_with_or_without_byte_order_mark(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: caf\xc3\xa9\r\nb: 2\r\n")
    source = load(path)
    assert (source.data, source.name) == ({"a": "café", "b": 2}, str(path))
    assert source.positions[("a",)].key == (1, 1, "")


def test_a_missing_file_comes_with_the_nearest_name_or_with_what_there_is(tmp_path):
    assert "dlcli init" in refused(tmp_path / "mnist.yaml").hint
    (tmp_path / "mnist_mlp.yaml").touch()
    assert refused(tmp_path / "mnist_mpl.yaml").hint == "did you mean 'mnist_mlp.yaml'?"
    assert refused(tmp_path / "mnist_mlp").hint == "did you mean 'mnist_mlp.yaml'?"
    assert "mnist_mlp.yaml" in refused(tmp_path / "quite-another").hint
    assert "there is no folder" in refused(tmp_path / "nowhere" / "a.yaml").message


def test_a_directory_is_refused_and_its_configurations_listed(tmp_path):
    (tmp_path / "a.yml").touch()
    problem = refused(tmp_path)
    assert "found a directory" in problem.message
    assert "a.yml" in problem.hint


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="run it on a system with named pipes, such as Linux")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.yaml")
    assert "found a pipe" in refused(tmp_path / "a.yaml").message


@pytest.mark.parametrize(("content", "words", "where"), [
    (b"a: 1\nb: caf\xe9\n", "0xE9 at byte 11", (2, 7)),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "binary data", (0, 0)),
    ("a: 1".encode("utf-16"), "UTF-16", (0, 0)),
    (b"a: " + b"x" * MAX_BYTES, "at most 1,000,000 bytes", (0, 0)),
])
def test_a_file_that_is_no_text_is_refused(tmp_path, content, words, where):
    (tmp_path / "a.yaml").write_bytes(content)
    problem = refused(tmp_path / "a.yaml")
    assert words in problem.message
    assert place(problem) == where


def test_names_that_no_file_can_have_are_refused(tmp_path):
    assert "cannot be read" in refused(tmp_path / "a\0b").message
    assert "cannot be read" in refused(tmp_path / ("x" * 5000)).message


def test_loading_imports_neither_numpy_nor_pydantic():
    code = (
        "import sys, dlcli.config.load, dlcli.config.overrides, dlcli.config.dump\n"
        "sys.exit(' '.join({'numpy', 'pydantic'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
