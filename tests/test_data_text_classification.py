"""Texts with classes: tables, words, the vocabulary of the training split; raw texts for predict."""

import io
import json

import numpy as np
import pytest

from dlcli.cli.main import main
from dlcli.core.component import from_yaml
from dlcli.core.dataset import Dataset
from dlcli.core.target import Tokens
from dlcli.data import inputs
from dlcli.data.load import load
from dlcli.data.tokens import encode, words
from dlcli.errors import DataError, DataUnavailableError

ROWS = [(f"free prize no {i}, call now!", "spam") for i in range(6)] + [(f"see you at {i}", "ham") for i in range(14)]


def write(env, content, name="texts.tsv"):
    (env.bases[0] / name).write_text(content, encoding="utf-8")


def dataset(**keys):
    return from_yaml(Dataset, {"type": "text_classification", "path": "texts.tsv", "length": 8, **keys})


TSV = "".join(f"{label}\t{text}\n" for text, label in ROWS)
CSV = "id,Text,label\n" + "".join(f'{i},"{text}",{label}\n' for i, (text, label) in enumerate(ROWS))


def read(loaded, split):
    tokens = loaded.spec.tokens.vocabulary
    return [[tokens[i] for i in row if i] for row in split.x[split.rows]]


def test_a_table_without_a_header_has_the_column_of_fewer_values_as_its_label(env):
    write(env, TSV)
    loaded = load(dataset(), env)
    assert loaded.spec.target.labels == ("ham", "spam") and len(loaded.train.x) == 20
    assert np.bincount(loaded.train.y).tolist() == [14, 6]


@pytest.mark.parametrize("keys", [
    {}, {"text": "text"}, {"text": "Text", "label": "label"}, {"text": 1, "label": "Label"},
])
def test_columns_are_found_by_name_or_position(keys, env):
    write(env, CSV, "texts.csv")
    loaded = load(dataset(path="texts.csv", **keys), env)
    assert len(loaded.train.x) == 20 and loaded.spec.tokens.column == "Text"


def test_text_becomes_the_ids_of_its_words_and_signs(env):
    tokens = Tokens(level="word", vocabulary=("", "[UNK]", "don't", "stop", "!"), length=5, lowercase=True)
    assert words("DON'T stop, now!! é_1", tokens) == ["don't", "stop", ",", "now", "!"]
    assert encode(["Don't STOP now!"], tokens).tolist() == [[2, 3, 1, 4, 0]]
    pre = Tokens(level="word", vocabulary=tokens.vocabulary, length=5, padding="pre")
    assert encode(["stop!", ""], pre).tolist() == [[0, 0, 0, 3, 4], [0] * 5]


def test_the_vocabulary_is_that_of_the_training_split_alone(env):
    write(env, TSV)
    loaded = load(dataset(validation_split=0.2), env)
    seen = {word for row in read(loaded, loaded.train) for word in row}
    assert "[UNK]" not in seen and seen == set(loaded.spec.tokens.vocabulary[2:])
    unseen = {word for split in (loaded.test, loaded.validation) for row in read(loaded, split) for word in row}
    assert "[UNK]" in unseen and unseen - {"[UNK]"} <= seen


def test_the_commonest_words_are_kept_first(env):
    write(env, TSV)
    loaded = load(dataset(vocabulary=5), env)
    vocabulary = loaded.spec.tokens.vocabulary
    counts = [int((loaded.train.x[loaded.train.rows] == i).sum()) for i in range(2, 5)]
    assert len(vocabulary) == 5 and counts == sorted(counts, reverse=True) and loaded.train.x.max() == 4
    assert loaded.train.x.dtype == np.int32


def test_description_needs_the_classes_or_the_file(env):
    assert dataset().describe(env) is None
    assert dataset(classes=["ham", "spam"]).describe(env).target.labels == ("ham", "spam")
    write(env, TSV)
    assert dataset().describe(env) == load(dataset(), env).spec


def test_a_line_without_a_tab_goes_on_with_the_text_before_it_and_is_told(env, warnings):
    write(env, TSV + "ham\tgood\nmorning\n")
    loaded = load(dataset(test_split=0.0), env)
    assert read(loaded, loaded.train)[-1] == ["good", "morning"] and "line 22 has no tab" in warnings[0]


def test_quotes_hold_a_cell_of_several_lines_together(env):
    write(env, CSV + '99,"one, two\nthree ""four""",ham\n', "texts.csv")
    loaded = load(dataset(path="texts.csv", test_split=0.0), env)
    assert read(loaded, loaded.train)[-1] == ["one", ",", "two", "three", '"', "four", '"']


@pytest.mark.parametrize(("content", "keys", "match"), [
    ("", {}, "nothing in it"), (TSV + "ham\tone\ttwo\n", {}, r"expected 2 cells.*found 3"),
    (TSV + "ham\t \n", {}, "line 21: the text is empty"), (TSV + "\tgood\n", {}, "line 21: the label is empty"),
    (TSV, {"text": "body"}, r"no column 'body'"),
    (CSV, {"path": "texts.csv", "label": "labell"}, "no column 'labell'"), (TSV, {"label": 7}, "no column 7"),
    ("ham\ta\nham\tb\n", {}, "1 different value"), (CSV, {"path": "texts.csv", "label": "id"}, "20 different value"),
    (TSV, {"classes": ["ham", "spma"]}, "the label is 'spam'"), ("a,b,c\nd,e,f\n", {"path": "texts.csv"}, "not clear"),
    ("text,label\n", {"path": "texts.csv"}, "no row below"),
])
def test_tables_that_do_not_fit_are_refused(content, keys, match, env):
    write(env, content, keys.get("path", "texts.tsv"))
    with pytest.raises(DataError, match=match) as error:
        load(dataset(**keys), env)
    assert "texts" in error.value.where and error.value.hint


def test_text_in_another_encoding_has_its_line(env):
    (env.bases[0] / "texts.tsv").write_bytes(b"\xef\xbb\xbf" + TSV.encode() + "ham\tcafé\n".encode("latin-1"))
    with pytest.raises(DataError, match="line 21: is not text in UTF-8"):
        load(dataset(), env)


def test_an_unknown_column_gets_the_nearest_name(env):
    write(env, CSV, "texts.csv")
    with pytest.raises(DataError) as error:
        load(dataset(path="texts.csv", label="labell"), env)
    assert error.value.hint == "did you mean 'label'?"


def test_a_ragged_row_is_named_by_its_line(env):
    write(env, CSV + "20,one,two,three\n", "texts.csv")
    with pytest.raises(DataError) as error:
        load(dataset(path="texts.csv"), env)
    assert error.value.where.endswith("texts.csv, line 22")


def test_an_absent_table_is_unavailable(env):
    with pytest.raises(DataUnavailableError, match="no such file"):
        load(dataset(), env)


def test_characters_have_a_vocabulary_of_the_training_split_too(env):
    write(env, "".join(f"{'ab'[n % 2]}\t{'Aab' if n % 2 else 'bbc'}{n % 10}\n" for n in range(40)) + "a\tzz\n")
    loaded = load(dataset(level="char", vocabulary=5, length=3), env)
    tokens = loaded.spec.tokens
    assert tokens.level == "char" and tokens.vocabulary[:2] == ("", "[UNK]")
    assert tokens.vocabulary[2:] == ("b", "a", "c"), "the commonest first; z is too rare"
    assert encode(["Abx", "c"], tokens).tolist() == [
        [tokens.vocabulary.index("a"), tokens.vocabulary.index("b"), 1], [tokens.vocabulary.index("c"), 0, 0],
    ]


# Raw texts


@pytest.fixture
def given(tmp_path, env):
    write(env, TSV)
    spec = load(dataset(), env).spec

    def read(*paths, stdin=""):
        return [
            (name, x.tolist())
            for found in inputs.read(paths, spec, stdin=io.StringIO(stdin), warn=lambda text: None)
            for name, x in zip(found.names(), found.x, strict=True)
        ], lambda text: encode([text], spec.tokens)[0].tolist()

    return read


def test_texts_are_taken_from_arguments_files_and_standard_input(given, tmp_path):
    contents = {
        "a.txt": "free prize\n\nsee you\n", "a.jsonl": '{"text": "free prize"}\n"see you"\n',
        "a.csv": 'n,text\n1,free prize\n2,"see you"\n', "b.csv": "free prize\nsee you\n",
    }
    for name, content in contents.items():
        path = tmp_path / name
        path.write_text(content)
        found, ids = given(str(path))
        assert found == [(f"{path}[0]", ids("free prize")), (f"{path}[1]", ids("see you"))]
    found, ids = given("Free PRIZE", "-", stdin="see you\nnow\n")
    assert found == [("Free PRIZE", ids("free prize")), ("-[0]", ids("see you")), ("-[1]", ids("now"))]
    assert given("-", stdin='{"text": "now"}\n')[0] == [("-[0]", ids("now"))]


@pytest.mark.parametrize(("path", "content", "match"), [
    ("absent.csv", None, "no such file"), (" ", None, "text is empty"), ("a.txt", "", "nothing in it"),
    ("a.jsonl", '{"body": "x"}\n', "under 'text'"), ("a.jsonl", "{", "cannot be read as JSON"),
    ("a.csv", "n,body\n1,x\n", "no column 'text'"), (".", None, "directory"),
])
def test_texts_that_cannot_be_read_are_refused(path, content, match, given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / path).write_text(content)
    with pytest.raises(DataError, match=match):
        given(path)


def test_a_model_of_characters_answers_to_raw_texts(env, tmp_path, capsys):
    write(env, "".join(f"{'long' if n % 2 else 'round'}\t{'lll' if n % 2 else 'ooo'}{n}\n" for n in range(60)))
    (tmp_path / "model.yaml").write_text("""
dataset: {type: text_classification, path: texts.tsv, level: char, length: 6, vocabulary: 20}
model:
  layers:
    - {type: embedding, input_dim: 20, output_dim: 4}
    - global_average_pooling1d
    - {type: dense, units: 2, activation: softmax}
loss: categorical_crossentropy
optimizer: {type: adam, learning_rate: 0.1}
training: {epochs: 10, batch_size: 16}
""")
    assert main(["train", str(tmp_path / "model.yaml")]) == 0
    capsys.readouterr()
    assert main(["predict", "latest", "lLl!", "ooo", "--json"]) == 0
    assert [one["prediction"] for one in json.loads(capsys.readouterr().out)["predictions"]] == ["long", "round"]


def test_a_stored_model_answers_to_raw_texts(env, tmp_path, capsys):
    write(env, TSV)
    config = tmp_path / "model.yaml"
    config.write_text("""\
dataset: {type: text_classification, path: texts.tsv, length: 8, validation_split: 0.2}
model: {layers: [{type: dense, units: 8, activation: tanh}, {type: dense, units: 2, activation: softmax}]}
loss: categorical_crossentropy
optimizer: {type: adam, learning_rate: 0.05}
training: {epochs: 30}
""")
    assert main(["train", str(config), "-q"]) == 0
    (tmp_path / "texts.tsv").unlink()
    capsys.readouterr()
    assert main(["predict", "latest", "see you at 3", "free prize no 2, call now!", "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)["predictions"]
    assert [answer["prediction"] for answer in answers] == ["ham", "spam"]
