"""Texts divided by sender, by date, or by files of their own."""

import numpy as np
import pytest
from main_job import dlcli

from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.data.load import load
from dlcli.errors import DataError

ROWS = [
    (f"message {i}, number {i % 7}", ("ham", "spam")[i % 3 == 0], f"sender {i % 8}", f"2024-0{1 + i % 9}-11")
    for i in range(72)
]
HEAD = "text,label,sender,sent\n"


def csv(rows):
    return HEAD + "".join(f'"{text}",{label},{sender},{sent}\n' for text, label, sender, sent in rows)


@pytest.fixture
def env(tmp_path):
    (tmp_path / "texts.csv").write_text(csv(ROWS))
    return DataEnv(
        data_dir=None, cache_dir=tmp_path / "cache", offline=True, bases=(tmp_path,), seed=3, warn=lambda text: None,
    )


def texts(env, **keys):
    return load(from_yaml(Dataset, {"type": "text_classification", "path": "texts.csv", "length": 8, **keys}), env)


def cells(split, place):
    return {ROWS[row][place] for row in split.rows}


def test_messages_of_a_sender_stay_in_one_split(env):
    loaded = texts(env, group="sender", validation_split=0.25)
    parts = [cells(split, 2) for split in (loaded.train, loaded.validation, loaded.test)]
    assert sum(map(len, parts)) == 8 and not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    assert np.array_equal(texts(env, group=2, validation_split=0.25).test.rows, loaded.test.rows)


def test_copies_of_a_text_stay_together_where_the_text_is_the_group(env, tmp_path):
    (tmp_path / "texts.csv").write_text(csv(ROWS[:20] * 4))
    loaded = texts(env, group="text")
    assert not {row % 20 for row in loaded.train.rows} & {row % 20 for row in loaded.test.rows}


def test_the_latest_messages_are_the_test(env):
    loaded = texts(env, time="sent", validation_split=0.2)
    train, validation, test = (cells(split, 3) for split in (loaded.train, loaded.validation, loaded.test))
    assert max(train) < min(validation) and max(validation) < min(test) and len(loaded.test) == 16


def test_a_time_may_be_a_number_and_what_is_none_is_named_by_its_line(env, tmp_path):
    numbered = [(text, label, sender, str(i * 1.5)) for i, (text, label, sender, _) in enumerate(ROWS)]
    (tmp_path / "texts.csv").write_text(csv(numbered))
    assert texts(env, time="sent").test.rows.tolist() == list(range(58, 72))
    (tmp_path / "texts.csv").write_text(csv([*ROWS, ("when", "ham", "me", "soon")]))
    with pytest.raises(DataError, match="found 'soon'") as error:
        texts(env, time="sent")
    assert error.value.where.endswith("line 74")


def test_splits_may_be_files_and_the_vocabulary_is_that_of_training(env, tmp_path):
    later = [("message from tomorrow", "spam", "a", "b"), ("number 3", "ham", "a", "b")]
    (tmp_path / "later.csv").write_text(csv(later))
    (tmp_path / "other.csv").write_text("label,text\nham,number 0\n")
    loaded = texts(env, test_path="later.csv", validation_path="other.csv")
    assert [len(split) for split in (loaded.train, loaded.validation, loaded.test)] == [72, 1, 2]
    vocabulary = loaded.spec.tokens.vocabulary
    first = loaded.test.x[loaded.test.rows[0]]
    assert [vocabulary[i] for i in first[:3]] == ["message", "[UNK]", "[UNK]"]
    assert loaded.test.y[loaded.test.rows].tolist() == [1, 0]
    assert loaded.validation.y[loaded.validation.rows].tolist() == [0]
    grouped = texts(env, test_path="later.csv", group="sender", validation_split=0.25)
    assert not cells(grouped.train, 2) & cells(grouped.validation, 2) and len(grouped.test) == 2


def test_a_label_of_the_test_file_that_training_has_not_is_named_by_its_line(env, tmp_path):
    (tmp_path / "later.csv").write_text(csv([("hello", "ham", "a", "b"), ("hello", "eggs", "a", "b")]))
    with pytest.raises(DataError, match="label is 'eggs'; the classes are ham, spam") as error:
        texts(env, test_path="later.csv")
    assert error.value.where.endswith("later.csv, line 3")


def test_an_absent_test_file_names_its_key(env):
    with pytest.raises(DataError) as error:
        texts(env, test_path="none.csv")
    assert "dataset.test_path" in error.value.hint


@pytest.mark.parametrize(("keys", "said"), [
    ("validation_path: texts.csv, validation_split: 0.2", "dataset.validation_split"),
    ("group: sender, time: sent", "by time, or by group"), ("time: sent, stratify: true", "dataset.stratify"),
])
def test_keys_that_contradict_each_other_are_placed(env, tmp_path, capsys, keys, said):
    (tmp_path / "model.yaml").write_text(f"""
dataset: {{type: text_classification, path: texts.csv, {keys}}}
model: {{layers: [{{type: dense, units: 2, activation: softmax}}]}}
loss: categorical_crossentropy
optimizer: adam
""")
    code, _, err = dlcli(capsys, "train", tmp_path / "model.yaml", "--dry-run")
    assert code == 2 and said in err and ":2:" in err
