"""Data sets that need no file: shipped and made ones; and npz files."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from dlcli import registry
from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.core.target import Target
from dlcli.data.batches import Batches
from dlcli.data.load import load
from dlcli.data.preprocessing import Pipeline
from dlcli.errors import DataError, DataUnavailableError


@pytest.fixture
def env(tmp_path):
    return DataEnv(
        data_dir=None, cache_dir=tmp_path / "cache", offline=True, bases=(tmp_path,), seed=3, warn=lambda text: None,
    )


def dataset(name, **keys):
    return from_yaml(Dataset, {"type": name, **keys})


def samples(split):
    return split.x[split.rows], split.y[split.rows]


EXAMPLES = [
    pytest.param({"type": name, **example.keys}, id=f"{name}-{i}")
    for name in registry.names("datasets")
    for i, example in enumerate(registry.get("datasets", name).examples)
]


@pytest.mark.parametrize("keys", EXAMPLES)
def test_every_data_set_loads_offline_and_goes_through_its_preprocessing(keys, env):
    loaded = load(from_yaml(Dataset, keys), env)
    pipeline = Pipeline(loaded.used.preprocessing, loaded.spec)
    pipeline.fit(loaded.train)
    x, y = Batches(loaded.train, pipeline, loaded.spec, batch_size=4, dtype="float32").take(loaded.train.rows[:4])
    assert x.shape == (4, *pipeline.out_shape) and np.isfinite(x).all() and len(y) == 4


@pytest.mark.parametrize("keys", EXAMPLES)
def test_every_data_set_is_what_it_described(keys, env):
    used = from_yaml(Dataset, keys)
    described = used.describe(env)
    try:
        assert described in (used.load(env).spec, None)
    except DataUnavailableError:
        assert used.fallback is not None, "an example must load offline, if need be by way of its fallback"


def test_digits_are_split_in_equal_shares_of_all_labels(env):
    loaded = load(dataset("digits"), env)
    assert (len(loaded.train), len(loaded.test)) == (1437, 360)
    assert not set(loaded.train.rows) & set(loaded.test.rows)
    counts = [np.bincount(samples(split)[1]) for split in (loaded.train, loaded.test)]
    np.testing.assert_allclose(counts[1] / counts[0], 0.25, atol=0.01)


def test_digits_span_the_range_of_bytes(env):
    x = load(dataset("digits"), env).train.x
    assert x.dtype == np.uint8 and x.shape == (1797, 8, 8) and x.min() == 0 and x.max() == 255
    assert set(np.unique(x)) == {round(count * 255 / 16) for count in range(17)}


@pytest.mark.parametrize(
    ("gate", "outputs"), [("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1]), ("xor", [0, 1, 1, 0]), ("nand", [1, 1, 1, 0])],
)
def test_a_logic_gate_is_its_truth_table_in_order(gate, outputs, env):
    loaded = load(dataset("logic_gate", gate=gate), env)
    for split in (loaded.train, loaded.test):
        x, y = samples(split)
        assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]] and y.tolist() == outputs
    assert loaded.spec.target.labels == ("0", "1")


def test_made_classes_depend_on_the_seed_alone(env):
    def x(**keys):
        return load(dataset("make_classification", **keys), env).train.x

    np.testing.assert_array_equal(x(), x())
    np.testing.assert_array_equal(x(), x(seed=3))
    assert (x() != x(seed=4)).any()


def test_made_classes_can_be_told_apart_better_the_further_apart_they_are(env):
    def distance_to_own_class(separation):
        keys = {"class_sep": separation, "informative": 4, "clusters_per_class": 1, "flip_y": 0.0, "seed": 0}
        x, y = samples(load(dataset("make_classification", **keys), env).train)
        means = np.stack([x[y == label].mean(axis=0) for label in (0, 1)])
        nearest = np.argmin(((x[:, None] - means) ** 2).sum(axis=2), axis=1)
        return np.mean(nearest == y)

    assert distance_to_own_class(3.0) > 0.95 > distance_to_own_class(0.1)


def test_made_classes_have_the_shapes_asked_for(env):
    loaded = load(dataset("make_classification", samples=90, features=7, informative=3, classes=3), env)
    assert loaded.spec.input_shape == (7,) and loaded.spec.target.classes == 3
    assert (len(loaded.train), len(loaded.test)) == (72, 18)
    assert set(loaded.train.y) == {0, 1, 2}


@pytest.mark.parametrize("keys", [{"informative": 19}, {"classes": 3}, {"classes": 1}, {"flip_y": 1.0}])
def test_impossible_made_classes_are_refused_as_configuration(keys):
    with pytest.raises(ValidationError):
        dataset("make_classification", **keys)


# npz


@pytest.fixture
def write(tmp_path):
    def save(*, compressed=False, **arrays):
        (np.savez_compressed if compressed else np.savez)(tmp_path / "own.npz", **arrays)
        return dataset("npz", path="own.npz")

    return save


X = np.random.default_rng(0).random((6000, 5), dtype=np.float32)
Y = np.arange(6000) % 3


@pytest.mark.parametrize("padding", ["a", "ab", "abc", "abcd"])
def test_npz_is_mapped_and_taken_right_wherever_it_lies_in_the_file(padding, write, env):
    loaded = load(write(**{padding: X[:3]}, x_train=X, y_train=Y, x_test=X[:9], y_test=Y[:9]), env)
    base = loaded.train.x
    while isinstance(base.base, np.ndarray):
        base = base.base
    assert isinstance(base, np.memmap)
    rows = np.array([5999, 0, 17])
    batches = Batches(loaded.train, Pipeline((), loaded.spec), loaded.spec, batch_size=3, dtype="float32")
    x, y = batches.take(rows)
    np.testing.assert_array_equal(x, X[rows])
    np.testing.assert_array_equal(y, Y[rows])
    assert len(loaded.test) == 9 and loaded.validation is None


@pytest.mark.parametrize("order", ["C", "F"])
def test_compressed_and_column_major_npz_give_the_same_samples(order, write, env):
    for compressed in (True, False):
        loaded = load(write(compressed=compressed, x_train=np.asarray(X, order=order), y_train=Y), env)
        np.testing.assert_array_equal(loaded.train.x, X)
        assert loaded.train.x.flags.c_contiguous


def test_integer_labels_are_classes_and_floating_point_ones_are_numbers(write, env):
    assert load(write(x_train=X, y_train=Y), env).spec.target == Target(kind="classes", labels=("0", "1", "2"))
    assert load(write(x_train=X, y_train=Y + 0.5), env).spec.target == Target(kind="numbers")
    assert load(write(x_train=X, y_train=X[:, :2]), env).spec.target == Target(kind="numbers", shape=(2,))


def test_task_overrides_what_the_type_of_y_says(write, env):
    write(x_train=X, y_train=Y + 0.0)
    loaded = load(dataset("npz", path="own.npz", task="classification"), env)
    assert loaded.spec.target.classes == 3 and loaded.train.y.dtype == np.intp
    write(x_train=X, y_train=Y)
    assert load(dataset("npz", path="own.npz", task="regression"), env).spec.target.kind == "numbers"


def test_one_hot_rows_become_class_numbers(write, env):
    loaded = load(write(x_train=X, y_train=np.eye(4, dtype=int)[Y]), env)
    assert loaded.spec.target.classes == 4
    np.testing.assert_array_equal(loaded.train.y, Y)


def test_class_names_are_kept_and_described_without_reading(write, env):
    write(x_train=X, y_train=Y)
    named = dataset("npz", path="own.npz", classes=["red", "green", "blue"])
    assert named.describe(env).target.labels == ("red", "green", "blue")
    assert named.describe(env) == load(named, env).spec
    assert dataset("npz", path="own.npz").describe(env) is None
    assert dataset("npz", path="absent.npz", classes=2).describe(env) is None


def test_arrays_of_bytes_in_two_axes_are_pictures(write, env):
    pictures = np.zeros((6, 4, 5), np.uint8)
    assert load(write(x_train=pictures, y_train=Y[:6]), env).spec.image
    assert not load(write(x_train=pictures + 0.5, y_train=Y[:6]), env).spec.image


def with_nan():
    x = X.copy()
    x[17, 2], x[40:43] = np.nan, np.inf
    return x


@pytest.mark.parametrize(("arrays", "keys", "match"), [
    ({"x_train": X}, {}, "y_train is missing"),
    ({"x_train": X, "y_train": Y, "x_test": X}, {}, "y_test is missing"),
    ({"x_train": X, "y_train": Y[:-1]}, {}, "first axis"),
    ({"x_train": X[:0], "y_train": Y[:0]}, {}, "at least one sample"),
    ({"x_train": X[:, :0], "y_train": Y}, {}, "at least one number"),
    ({"x_train": with_nan(), "y_train": Y}, {}, r"x holds 16 value\(s\) .* row 17"),
    ({"x_train": X, "y_train": np.where(Y == 2, np.nan, 0.5)}, {}, r"y holds 2000 value\(s\) .* row 2"),
    ({"x_train": X, "y_train": Y - 1}, {}, "label -1 in row 0"),
    ({"x_train": X, "y_train": Y}, {"classes": 2}, "label 2 in row 2"),
    ({"x_train": X, "y_train": Y, "x_test": X[:4], "y_test": Y[:4] + 1}, {}, "label 3 in row 2"),
    ({"x_train": X, "y_train": Y + 0.5}, {"task": "classification"}, r"label 0\.5 in row 0"),
    ({"x_train": X, "y_train": np.ones((6000, 3), int)}, {}, "row 0 of y_train is not one-hot"),
    ({"x_train": X[:3], "y_train": np.array([0, 1, 10**12])}, {}, "label 1000000000000"),
    ({"x_train": X, "y_train": Y, "x_test": X[:4, :2], "y_test": Y[:4]}, {}, r"shape \(2,\); in x_train it has \(5,\)"),
    ({"x_train": X, "y_train": Y.astype(object)}, {}, "pickled Python objects"),
    ({"x_train": X, "y_train": Y.astype(str)}, {}, "values of type <U"),
    ({"x_train": X, "y_train": Y, "x_test": X, "y_test": Y}, {"test_split": 0.2}, "brings 6000 samples"),
])
def test_damaged_npz_data_is_refused_with_place_and_next_step(arrays, keys, match, write, env):
    write(**arrays)
    with pytest.raises(DataError, match=match) as error:
        load(dataset("npz", path="own.npz", **keys), env)
    assert error.value.where and error.value.hint


def test_what_is_no_npz_file_is_refused(write, env, tmp_path):
    write(x_train=X, y_train=Y)
    content = (tmp_path / "own.npz").read_bytes()
    for damaged in (b"", b"some text", content[:5000], content[:-30]):
        (tmp_path / "own.npz").write_bytes(damaged)
        with pytest.raises(DataError, match="cannot be read as an array file") as error:
            load(dataset("npz", path="own.npz"), env)
        assert "own.npz" in error.value.where
    with pytest.raises(DataError, match="directory"):
        load(dataset("npz", path="."), env)


def test_an_absent_npz_file_is_unavailable_so_that_a_fallback_answers(env):
    with pytest.raises(DataUnavailableError, match="no such file"):
        load(dataset("npz", path="absent.npz"), env)
    assert load(dataset("npz", path="absent.npz", fallback="digits"), env).used == dataset("digits")


def test_shipped_data_has_an_attribution():
    shipped = Path(registry.__file__).parent / "data" / "shipped"
    text = (shipped / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for file in (*shipped.glob("*.npz"), *shipped.glob("*.csv"), *shipped.glob("*.txt")):
        assert file.name in text
