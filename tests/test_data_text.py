"""Texts for language models: windows, splits at the end of the text, the vocabulary, evaluation of every place."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dlcli.cli.main import main
from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.data.batches import Batches
from dlcli.data.datasets import text as module
from dlcli.data.fingerprint import fingerprint
from dlcli.data.load import load
from dlcli.data.preprocessing import Pipeline
from dlcli.errors import DataError, DataUnavailableError

WORDS = "to be or not to be, that is the question:\nwhether 'tis nobler in the mind to suffer\n" * 4


@pytest.fixture
def env(tmp_path):
    (tmp_path / "play.txt").write_text(WORDS, encoding="utf-8")
    return DataEnv(
        data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True, bases=(tmp_path,), seed=3,
        warn=lambda text: None,
    )


def text(**keys):
    return from_yaml(Dataset, {"type": "text", "path": "play.txt", "context": 10, **keys})


def read(loaded, ids):
    return "".join(loaded.spec.target.labels[i] for i in ids)


def test_windows_are_the_text_and_targets_the_next_characters(env):
    loaded = load(text(), env)
    for row in loaded.train.rows:
        assert read(loaded, loaded.train.x[row]) == WORDS[row:row + 10]
        assert read(loaded, loaded.train.y[row]) == WORDS[row + 1:row + 11]
    assert loaded.spec.target.labels == tuple(sorted(set(WORDS))) == loaded.spec.tokens.vocabulary


def test_an_epoch_reads_every_character_once_unless_the_stride_says_otherwise(env):
    assert np.array_equal(load(text(), env).train.rows, np.arange(0, len(WORDS) - 10, 10))
    assert len(load(text(stride=1), env).train) == len(WORDS) - 10


def test_windows_share_the_memory_of_one_text(env):
    loaded = load(text(stride=1), env)
    assert np.shares_memory(loaded.train.x, loaded.train.y) and loaded.train.x.base is not None
    assert loaded.train.x.strides == (1, 1)


def test_batches_gather_windows(env):
    loaded = load(text(stride=1), env)
    batches = Batches(loaded.train, Pipeline((), loaded.spec), loaded.spec, batch_size=8, dtype="float32")
    rows = np.array([70, 0, 33])
    x, y = batches.take(rows)
    assert x.dtype == np.float32 and y.dtype == np.intp
    assert np.array_equal(x, loaded.train.x[rows]) and np.array_equal(y, loaded.train.y[rows])


def test_validation_and_test_are_the_end_of_the_text_and_share_no_target(env):
    for stride in (1, 3, 10, 15):
        loaded = load(text(stride=stride, validation_split=0.2, test_split=0.1), env)
        train, validation, test = (
            {int(row) + 1 + i for row in split.rows for i in range(10)}
            for split in (loaded.train, loaded.validation, loaded.test)
        )
        assert max(train) < min(validation) and max(validation) < min(test)


def test_validation_reads_each_character_once_whatever_the_stride(env):
    for stride in (1, 3, 10):
        loaded = load(text(stride=stride, validation_split=0.3), env)
        assert (np.diff(loaded.validation.rows) == 10).all() and np.diff(loaded.train.rows).max() == stride


def test_the_fingerprint_follows_text_and_context(env):
    first = fingerprint(load(text(), env))
    assert first == fingerprint(load(text(), env))
    assert first["sha256"] != fingerprint(load(text(context=11), env))["sha256"]
    (env.bases[0] / "play.txt").write_text(WORDS[:-2] + "!\n", encoding="utf-8")
    assert first["sha256"] != fingerprint(load(text(), env))["sha256"]


def test_description_needs_the_file_of_a_path_only(env):
    assert text().describe(env) == load(text(), env).spec
    assert text(path="absent.txt").describe(env) is None
    described = from_yaml(Dataset, {"type": "text", "context": 64}).describe(env)
    assert described.input_shape == (64,) and described.target.classes == 65


def test_the_default_text_is_found_and_its_content_checked(env, monkeypatch):
    folder = env.data_dir
    folder.mkdir()
    (folder / "tinyshakespeare.txt").write_text(WORDS)
    dataset = from_yaml(Dataset, {"type": "text"})
    with pytest.raises(DataError, match="expected sha256"):
        load(dataset, env)
    monkeypatch.setattr(module, "check_sha256", lambda path, expected: None)
    assert len(load(dataset, env).train.x) == len(WORDS) - 128
    with pytest.raises(DataUnavailableError, match=r"(?s)tinyshakespeare\.txt.*offline"):
        load(dataset, replace(env, data_dir=None))


@pytest.mark.parametrize(("content", "keys", "match"), [
    (b"", {}, "no text"), (b" \n\n", {}, "no text"), (b"too short", {}, "11 characters at least; found 9"),
    (b"a" * 50, {}, "nothing to learn"), (b"caf\xe9 " * 9, {}, "not text in UTF-8: .* at byte 3"),
    (b"ab" * 20, {"validation_split": 0.9}, "empty"), (b"ab" * 20, {"validation_split": 0.01}, "empty"),
])
def test_texts_that_cannot_be_learned_are_refused(content, keys, match, env):
    (env.bases[0] / "play.txt").write_bytes(content)
    with pytest.raises(DataError, match=match) as error:
        load(text(**keys), env)
    assert error.value.where and error.value.hint


def test_an_absent_text_is_unavailable_and_says_where_it_was_looked_for(env):
    with pytest.raises(DataUnavailableError, match="absent") as error:
        load(text(path="absent.txt"), env)
    assert str(env.data_dir) in error.value.message


def test_the_excerpt_that_ships_has_the_characters_of_the_whole_text(env):
    whole = from_yaml(Dataset, {"type": "text", "context": 20}).describe(env)
    loaded = load(from_yaml(Dataset, {"type": "shakespeare_excerpt", "context": 20}), env)
    assert loaded.spec == whole and read(loaded, loaded.train.x[0]) == "First Citizen:\nBefor"


def test_a_language_model_is_trained_and_evaluated_at_every_place(env, tmp_path, capsys):
    config = tmp_path / "model.yaml"
    config.write_text("""\
dataset: {type: text, path: play.txt, context: 10, validation_split: 0.1, test_split: 0.1}
model:
  layers:
    - {type: dense, units: 10}
    - {type: reshape, shape: [10, 1]}
    - {type: dense, units: CLASSES, activation: softmax}
loss: categorical_crossentropy
optimizer: adam
metrics: [accuracy, perplexity]
training: {epochs: 1}
""".replace("CLASSES", str(len(set(WORDS)))))
    assert main(["train", str(config), "--json", "-q"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert trained["test"]["perplexity"] == pytest.approx(np.exp(trained["test"]["loss"]), rel=1e-5)
    assert main(["evaluate", "latest", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert np.sum(result["confusion_matrix"]) == result["samples"] * 10
    assert main(["predict", "latest", WORDS[:10], "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)["predictions"][0]["prediction"]
    assert len(answer) == 10 and set(answer) <= set(WORDS)
    assert main(["predict", "latest", "to be"]) == 1
    assert "dlcli generate" in capsys.readouterr().err
