"""`dlcli datasets check`: everything that is put into data is found, and nothing in data that is as it should be."""

from dataclasses import replace

import numpy as np
import pytest
from contracts.walk import cases
from hypothesis import given, settings
from hypothesis import strategies as st
from main_job import CONFIGS, dlcli, dlcli_json, run_dirs
from PIL import Image

from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset, Split
from dlcli.core.source import Source
from dlcli.core.target import DataSpec, Target
from dlcli.data.inspection.finding import of
from dlcli.data.inspection.identical import hashes
from dlcli.data.inspection.inspect import inspect
from dlcli.data.load import Loaded, load
from dlcli.errors import DataError

RNG = np.random.default_rng(0)
COLUMNS, CLASSES = 6, 3


def table(count, seed):
    """Samples of three classes that a model can tell apart, each about as often."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(count) % CLASSES)
    return (rng.standard_normal((count, COLUMNS)) + 6 * np.eye(CLASSES, COLUMNS)[y]).astype("f4"), y


def loaded(train=None, test=None, validation=None, *, labels=("a", "b", "c"), spec=None, used=None, **changes):
    """Splits of arrays (x, y), as `load` gives them."""
    def split(arrays):
        return None if arrays is None else Split(x=arrays[0], y=arrays[1], rows=np.arange(len(arrays[0])))

    train, test = train or table(600, 1), test or table(300, 2)
    target = Target(kind="classes", labels=labels)
    spec = spec or DataSpec(input_shape=train[0].shape[1:], dtype=str(train[0].dtype), target=target, **changes)
    used = used or from_yaml(Dataset, {"type": "npz", "path": "none.npz"})
    parts = {"train": split(train), "validation": split(validation), "test": split(test)}
    return Loaded(spec=spec, used=used, wanted="npz", **parts)


def numbers(count=600, seed=1, y=None):
    x = np.random.default_rng(seed).standard_normal((count, COLUMNS)).astype("f4")
    return x, x[:, 0] * x[:, 1] if y is None else y(x)


def inspect_numbers(train=None, test=None):
    spec = DataSpec(input_shape=(COLUMNS,), dtype="float32", target=Target(kind="numbers"))
    return inspect(loaded(train or numbers(), test or numbers(300, 2), spec=spec)).findings


def said(findings, level, check, split):
    """The one finding of this kind."""
    found = [f for f in findings if (f.level, f.check, f.split) == (level, check, split)]
    assert len(found) == 1, findings
    return found[0]


def test_data_that_is_as_it_should_be_has_no_finding():
    assert inspect(loaded(validation=table(300, 3))).findings == ()
    assert [f.check for f in inspect_numbers()] in ([], ["target"]), "an extreme of the test is but a note"


# Samples that are there twice.


def test_every_copy_of_a_training_sample_is_found_with_its_row():
    train, test = table(600, 1), table(300, 2)
    test[0][[4, 17, 250]] = train[0][[599, 3, 3]]
    test[1][[4, 17, 250]] = train[1][[599, 3, 3]]
    found = said(inspect(loaded(train, test)).findings, "error", "leakage", "test")
    assert (found.count, found.examples, found.same_as) == (3, (4, 17, 250), (599, 3, 3))
    assert "3 of 300 samples (1 %) are in the train split too" in found.message
    assert "another target" not in found.message


def test_copies_with_another_target_leak_and_contradict():
    train, test = table(600, 1), table(300, 2)
    test[0][9], test[1][9] = train[0][44], (train[1][44] + 1) % CLASSES
    found = said(inspect(loaded(train, test)).findings, "error", "leakage", "test")
    assert "1 of them have another target" in found.message


@pytest.mark.parametrize(("copies", "level"), [(6, "warning"), (12, "error")])
def test_a_few_duplicates_that_a_draw_tears_apart_are_no_mistake_of_the_splits(copies, level):
    train, test = table(600, 1), table(300, 2)
    test[0][:copies], test[1][:copies] = train[0][:copies], train[1][:copies]
    given = loaded(train, test)
    assert said(inspect(given).findings, "error", "leakage", "test").count == copies
    drawn = replace(given, used=replace(given.used, test_split=0.3))
    assert said(inspect(drawn).findings, level, "leakage", "test").count == copies


def test_leakage_into_validation_and_between_validation_and_test_is_found():
    train, validation, test = table(600, 1), table(300, 2), table(300, 3)
    validation[0][0], test[0][1] = train[0][5], validation[0][7]
    findings = inspect(loaded(train, test, validation)).findings
    assert said(findings, "error", "leakage", "validation").same_as == (5,)
    assert "in the validation split too" in said(findings, "error", "leakage", "test").message


def test_copies_are_found_among_samples_of_other_types_and_signs_of_zero():
    train, test = table(600, 1), table(300, 2)
    train[0][5, 2], test[0][8] = 0.0, train[0][5]
    test[0][8, 2] = -0.0
    found = inspect(loaded(train, (test[0].astype("f8"), test[1]))).findings
    assert said(found, "error", "leakage", "test").examples == (8,)


def test_rows_of_one_array_are_compared_as_the_splits_have_them():
    x, y = table(900, 1)
    x[700] = x[100]
    whole = loaded((x, y), (x, y))
    parts = replace(
        whole, train=replace(whole.train, rows=np.arange(600)), test=replace(whole.test, rows=np.arange(600, 900)),
    )
    found = said(inspect(parts).findings, "error", "leakage", "test")
    assert (found.examples, found.same_as) == ((700,), (100,))


def test_a_split_that_is_another_one_is_no_mistake_of_the_data():
    whole = loaded()
    findings = inspect(replace(whole, test=whole.train)).findings
    assert "train split itself" in said(findings, "warning", "leakage", "test").message


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 40), st.sampled_from(["u1", "f4", "i8"]))
def test_as_many_copies_are_found_as_were_put_in(seed, copies, dtype):
    rng = np.random.default_rng(seed)
    x = rng.permutation(2000).reshape(250, 8) if dtype != "u1" else rng.permutation(256).repeat(8).reshape(256, 8)
    x = x.astype(dtype)  # all rows differ
    train, test = x[:150], np.concatenate([x[150:], x[rng.integers(0, 150, copies)]])
    found = inspect(loaded((train, np.arange(150) % 3), (test, np.arange(len(test)) % 3))).findings
    assert sum(f.count for f in found if f.check == "leakage") == copies


def test_copies_within_training_are_counted():
    x, y = table(600, 1)
    x[[10, 20]], y[[10, 20]] = x[3], y[3]
    found = said(inspect(loaded((x, y))).findings, "note", "repetition", "train")
    assert (found.count, found.examples, found.same_as) == (2, (10, 20), (3, 10))
    half = np.concatenate([x[:300]] * 2), np.concatenate([y[:300]] * 2)
    assert said(inspect(loaded(half)).findings, "warning", "repetition", "train").count >= 300


def test_equal_inputs_with_different_labels_bound_what_can_be_right():
    x, y = table(100, 1)
    x[:10], y[:10] = x[0], [0, 0, 0, 0, 0, 0, 1, 1, 1, 2]
    found = said(inspect(loaded((x, y))).findings, "warning", "noise", "train")
    assert found.count == 4 and "more than 96 %" in found.message
    assert set(found.examples) == {6, 9} and set(found.same_as) <= set(range(10))


def test_hashes_tell_rows_apart_by_content_alone():
    a = RNG.integers(0, 3, (500, 4))
    distinct = len(np.unique(a, axis=0))
    assert len(np.unique(hashes(a))) == distinct
    assert np.array_equal(hashes(a), hashes(np.asfortranarray(a))) and np.array_equal(hashes(a)[::2], hashes(a[::2]))


# Labels.


def test_a_sample_among_samples_of_another_class_is_named():
    x, y = table(600, 1)
    wrong = np.sort([np.flatnonzero(y == label)[20] for label in (0, 2)])
    is_named = f"'b' among {'abc'[y[wrong[0]]]!r}"
    y[wrong] = 1
    found = said(inspect(loaded((x, y))).findings, "note", "noise", "train")
    assert found.examples == tuple(wrong) and is_named in found.message


def test_neighbours_are_near_whatever_the_unit_of_a_column():
    x, y = table(600, 1)
    x[:, 5] *= 1e6
    assert inspect(loaded((x, y), (table(300, 2)[0] * [1, 1, 1, 1, 1, 1e6], table(300, 2)[1]))).findings == ()


@pytest.mark.parametrize(("y_train", "y_test", "level", "split", "words"), [
    ([0] * 600, [0] * 300, "error", "train", "all 600 samples are of class 'a'"),
    ([0, 1] * 300, [0, 1, 2] * 100, "error", "test", "100 of 300 samples (33 %) are of classes that training has none"),
    ([0, 1] * 300, [0, 1] * 150, "warning", "train", "1 of 3 classes have no sample: 'c'"),
    ([0, 1, 2] * 200, [0, 1] * 150, "warning", "test", "1 of 3 classes have no sample: 'c'; its figures"),
])
def test_classes_that_are_missing(y_train, y_test, level, split, words):
    findings = inspect(loaded((table(600, 1)[0], np.array(y_train)), (table(300, 2)[0], np.array(y_test)))).findings
    assert words in said(findings, level, "classes", split).message


def test_uneven_classes_and_shifted_shares_are_told():
    y = np.array([0] * 560 + [1] * 20 + [2] * 20)
    findings = inspect(loaded((table(600, 1)[0], y), table(300, 2))).findings
    found = said(findings, "warning", "balance", "train")
    assert found.count == 20 and "93.3 % of the time" in found.message
    assert "'a' has 33.3% here, 93.3% there" in said(findings, "note", "balance", "test").message


def test_classes_say_nothing_where_they_are_not_learned():
    one = loaded((table(600, 1)[0], np.zeros(600, int)), (table(300, 2)[0], np.ones(300, int)))
    assert {f.check for f in inspect(one).findings} == {"classes", "balance"}
    assert inspect(one, learns_classes=False).findings == ()
    autoencoder = replace(one, used=replace(one.used, autoencode=True))
    assert inspect(autoencoder).findings == ()


# Values and columns.


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_an_error_with_rows_and_columns(value):
    train, test = table(600, 1), table(300, 2)
    train[0][[3, 77], [2, 4]] = test[0][5, 0] = value
    findings = inspect(loaded(train, test)).findings
    found = said(findings, "error", "values", "train")
    assert found.examples == (3, 77) and "'column 2', 'column 4'" in found.message
    assert said(findings, "error", "values", "test").examples == (5,)


def test_targets_that_are_no_numbers_or_always_the_same():
    x, y = numbers()
    y = y.copy()
    y[40] = np.nan
    assert said(inspect_numbers((x, y)), "error", "values", "train").examples == (40,)
    assert "all targets are 2.5" in said(inspect_numbers((x, np.full(600, 2.5))), "error", "target", "train").message


def test_targets_beyond_those_of_training():
    x, y = numbers(300, 2)
    y = np.clip(y, -1, 1)
    y[[8, 9]] = 1e3, -1e3
    assert said(inspect_numbers(test=(x, y)), "note", "target", "test").examples == (8, 9)


def test_columns_that_say_nothing_or_what_another_says():
    train, test = table(600, 1), table(300, 2)
    train[0][:, 4], test[0][:, 4] = 1.5, 1.5
    train[0][:, 5], test[0][:, 5] = train[0][:, 3], test[0][:, 3]
    constant, copied = (f for f in inspect(loaded(train, test)).findings if f.check == "columns")
    assert constant.count == 1 and "'column 4'" in constant.message
    assert copied.count == 1 and "'column 3' = 'column 5'" in copied.message


def test_columns_that_give_the_target_away():
    x, y = table(600, 1)
    x[:, 4] = y == 2
    assert "'column 4'" in said(inspect(loaded((x, y))).findings, "warning", "target", "train").message
    line = numbers(y=lambda x: 3 * x[:, 2].astype("f8") - 100)
    assert "'column 2'" in said(inspect_numbers(line), "warning", "target", "train").message
    nearly = numbers(y=lambda x: 3 * x[:, 2].astype("f8") - 100 + 0.01 * x[:, 3])
    assert not [f for f in inspect_numbers(nearly) if f.level == "warning"]


def test_splits_on_different_scales():
    test = table(300, 2)
    findings = inspect(loaded(table(600, 1), (test[0] / 255, test[1]))).findings
    assert "scaled" in said(findings, "warning", "scale", "test").hint


def test_pictures_of_one_colour():
    x = RNG.integers(0, 256, (600, 8, 8), dtype=np.uint8)
    x[2], x[99] = 0, 255
    test = RNG.integers(0, 256, (300, 8, 8), dtype=np.uint8)
    findings = inspect(loaded((x, np.arange(600) % 3), (test, np.arange(300) % 3), image=True)).findings
    assert said(findings, "warning", "images", "train").examples == (2, 99)
    assert not [f for f in findings if f.check == "columns"], "pixels are no columns"


class Torn(Source):
    """Samples of which some cannot be read."""

    def __init__(self, x, bad):
        self.x, self.bad, self.shape, self.dtype = x, bad, x.shape, x.dtype

    def gather(self, rows, out):
        for row in rows:
            if row in self.bad:
                raise DataError("does not decode", where=f"{row}.png")
        out[:] = self.x[rows]


def test_samples_that_cannot_be_read_are_counted_and_the_others_looked_at():
    x, y = table(600, 1)
    test = table(300, 2)
    test[0][3] = x[7]
    found = inspect(loaded((Torn(x, {4, 300}), y), test)).findings
    torn = said(found, "error", "values", "train")
    assert (torn.count, torn.examples) == (2, (4, 300)) and "4.png: does not decode" in torn.message
    assert said(found, "error", "leakage", "test").same_as == (7,)


@pytest.mark.parametrize(("count", "level"), [(15, "warning"), (60, "note")])
def test_small_splits_are_told(count, level):
    x, y = table(count, 2)
    assert said(inspect(loaded(test=(x, y))).findings, level, "size", "test").count == count


# All kinds of data, and the command.


@pytest.mark.parametrize("case", cases("datasets"))
def test_every_data_set_can_be_looked_at(case, tmp_path):
    env = DataEnv(
        data_dir=None, cache_dir=tmp_path / "cache", offline=True, bases=(tmp_path,), seed=3, warn=lambda text: None,
    )
    found = inspect(load(case.build(), env))
    for finding in found.findings:
        assert finding.message and finding.count > 0 and finding.level in ("error", "warning", "note")
        assert finding.check not in ("values", "scale", "images"), "made and shipped data is sound"
    levels = [("error", "warning", "note").index(finding.level) for finding in found.findings]
    assert levels == sorted(levels)


def test_windows_over_a_text_or_a_series_share_no_target_by_mistake(tmp_path):
    env = DataEnv(data_dir=None, cache_dir=tmp_path, offline=True, bases=(tmp_path,), seed=3, warn=lambda text: None)
    noisy = load(from_yaml(Dataset, {"type": "sine", "noise": 0.1, "validation_split": 0.2}), env)
    assert not [f for f in inspect(noisy).findings if f.level == "error" or f.check == "leakage"]
    wave = load(from_yaml(Dataset, {"type": "sine", "samples": 400, "period": 40, "window": 5}), env)
    x = np.round(wave.train.x, 3)  # it repeats itself to the last bit
    repeated = replace(wave, train=replace(wave.train, x=x), test=replace(wave.test, x=x))
    assert {f.level for f in inspect(repeated).findings if f.check == "leakage"} == {"warning"}


NPZ = """
dataset: {type: npz, path: data.npz}
model: {layers: [{type: dense, units: 3, activation: softmax}]}
loss: categorical_crossentropy
optimizer: adam
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "model.yaml").write_text(NPZ)

    def write(train=None, test=None):
        (x, y), (x_test, y_test) = train or table(600, 1), test or table(300, 2)
        np.savez(tmp_path / "data.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
        return tmp_path / "model.yaml"

    return write


def test_sound_data_exits_0_and_makes_no_run(capsys, config):
    code, out, _ = dlcli(capsys, "datasets", "check", config())
    assert code == 0 and "no errors, no warnings, no notes" in out and "600" in out and run_dirs() == []


def test_an_error_exits_1_in_text_and_in_json(capsys, config):
    train, test = table(600, 1), table(300, 2)
    test[0][11] = train[0][5]
    train[0][0, 0] = np.nan
    path = config(train, test)
    code, out, _ = dlcli(capsys, "datasets", "check", path)
    assert code == 1 and "leakage" in out and "11 (as 5)" in out and "NaN" in out and "2 errors" in out
    code, found = dlcli_json(capsys, "datasets", "check", path)
    assert code == 1 and found["ok"] is False and found["errors"] == 2
    assert found["splits"]["test"] == {"samples": 300, "classes": {"0": 100, "1": 100, "2": 100}}
    leak = next(one for one in found["findings"] if one["check"] == "leakage")
    assert (leak["level"], leak["split"], leak["count"]) == ("error", "test", 1)
    assert (leak["examples"], leak["same_as"]) == ([11], [5])
    assert dlcli(capsys, "train", path)[0] == 1, "train refuses NaN too"


def test_overrides_change_what_is_looked_at(capsys):
    code, found = dlcli_json(
        capsys, "datasets", "check", CONFIGS / "binary_classification.yaml", "dataset.samples=150",
        "dataset.validation_split=0.1",
    )
    assert found["splits"]["validation"]["samples"] + found["splits"]["train"]["samples"] <= 150 and code == 0


def test_damaged_data_is_a_finding_and_missing_data_an_error(capsys, config, tmp_path):
    path = config()
    (tmp_path / "data.npz").write_bytes(b"PK\x03\x04 cut off")
    code, found = dlcli_json(capsys, "datasets", "check", path)
    assert code == 1 and found["findings"][0]["check"] == "loading" and "data.npz" in found["findings"][0]["message"]
    (tmp_path / "data.npz").unlink()
    code, found = dlcli_json(capsys, "datasets", "check", path)
    assert code == 1 and found["error"]["type"] == "data_unavailable"


def test_a_configuration_with_mistakes_is_not_looked_at(capsys, tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text(NPZ.replace("path", "paht"))
    code, _, err = dlcli(capsys, "datasets", "check", path)
    assert code == 2 and "paht" in err


def test_the_data_of_a_gan_has_no_classes_to_be_learned(capsys):
    code, found = dlcli_json(capsys, "datasets", "check", CONFIGS / "mnist_gan.yaml")
    assert code == 0 and found["dataset"] == "digits" and found["fallback_for"] == "mnist"


IMAGES = """
dataset: {type: image_folder, path: pets, test_split: 0.25}
model: {layers: [flatten, {type: dense, units: 2, activation: softmax}]}
loss: categorical_crossentropy
optimizer: adam
"""


@pytest.fixture
def pets(tmp_path):
    rng = np.random.default_rng(0)
    for kind in ("cats", "dogs"):
        (tmp_path / "pets" / kind).mkdir(parents=True)
        for number in range(80):
            pixels = rng.integers(0, 256, (6, 5, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / kind / f"{number:02d}.png")
    (tmp_path / "model.yaml").write_text(IMAGES)
    return tmp_path


def test_images_that_do_not_decode_hide_nothing_else(capsys, pets):
    (pets / "pets" / "cats" / "03.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    for number in range(20):  # the same picture of one colour, as a cat and as a dog
        kind = ("cats", "dogs")[number % 2]
        Image.fromarray(np.zeros((6, 5, 3), np.uint8)).save(pets / "pets" / kind / f"{number + 20}.png")
    code, found = dlcli_json(capsys, "datasets", "check", pets / "model.yaml")
    checks = {(one["level"], one["check"], one["split"]) for one in found["findings"]}
    assert code == 1 and {("error", "loading", ""), ("error", "leakage", "test")} <= checks
    assert {("warning", "images", "train"), ("warning", "noise", "train")} <= checks
    assert any("03.png" in one["message"] for one in found["findings"] if one["check"] == "loading")
    code, found = dlcli_json(capsys, "datasets", "check", pets / "model.yaml", "dataset.on_error=skip")
    assert ("warning", "loading", "") in {(one["level"], one["check"], one["split"]) for one in found["findings"]}
    assert not [one for one in found["findings"] if one["level"] == "error" and one["check"] == "loading"]


def test_sound_images_have_no_finding_but_their_number(capsys, pets):
    code, found = dlcli_json(capsys, "datasets", "check", pets / "model.yaml")
    assert code == 0 and {one["check"] for one in found["findings"]} <= {"size", "noise", "balance"}


@pytest.mark.parametrize(("count", "total", "shown"), [
    (8, 8, "8 of 8 rows (100 %)"), (99_999, 100_000, "99,999 of 100,000 rows (99.9 %)"),
    (994, 1000, "994 of 1,000 rows (99.4 %)"), (3, 300, "3 of 300 rows (1 %)"), (3, 120, "3 of 120 rows (2.5 %)"),
    (1, 80_000, "1 of 80,000 rows (0.0013 %)"),
])
def test_shares_read_well(count, total, shown):
    assert of(count, total, "rows") == shown
