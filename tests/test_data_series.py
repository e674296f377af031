"""Series: windows over them, splits in the order of time, tables with a time a row."""

import numpy as np
import pytest

from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.core.streams import Streams
from dlcli.data.batches import Batches
from dlcli.data.load import load
from dlcli.data.preprocessing import Pipeline
from dlcli.data.splits import set_aside_last, whole
from dlcli.data.windows import unrolled, windows
from dlcli.errors import DataError, DataUnavailableError


@pytest.fixture
def env(tmp_path):
    return DataEnv(
        data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True, bases=(tmp_path,), seed=3,
        warn=lambda text: None,
    )


def dataset(name, **keys):
    return from_yaml(Dataset, {"type": name, **keys})


@pytest.mark.parametrize("shape", [(40,), (40, 1), (40, 3), (40, 2, 3)])
@pytest.mark.parametrize("length", [1, 4, 40])
def test_windows_are_views_that_can_be_unrolled(shape, length):
    series = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    count = len(series) - length + 1
    x = windows(series, length, count)
    assert x.shape == (count, length, *shape[1:]) and np.shares_memory(x, series)
    for i in range(count):
        assert np.array_equal(x[i], series[i:i + length])
    if count > 1:
        assert np.array_equal(unrolled(x).ravel(), series.ravel())


def test_what_is_no_window_is_left_as_it_is():
    for x in (np.zeros((5, 3)), np.zeros(5), np.zeros((5, 2, 2))[::2], np.zeros((0, 3))):
        assert unrolled(x) is x


@pytest.mark.parametrize("features", [1, 3])
def test_batches_of_windows_are_right_and_allocate_nothing_large(features):
    series = np.random.default_rng(0).random((500, features)).astype(np.float32)
    x = windows(series, 7, 400, start=5)
    split = whole(x, windows(series[:, 0], 2, 400, start=12))
    spec = load(dataset("sine", window=7, horizon=2), DataEnv(
        data_dir=None, cache_dir=None, offline=True, bases=(), seed=0, warn=print,
    )).spec
    spec = type(spec)(input_shape=(7, features), dtype="float32", target=spec.target)
    batches = Batches(split, Pipeline((), spec), spec, batch_size=32, dtype="float32")
    for rows in batches.cut(batches.order(Streams(1), 0, shuffle=True)):
        taken, y = batches.take(rows)
        assert np.array_equal(taken, x[rows]) and np.array_equal(y, split.y[rows])


def test_the_last_rows_are_set_aside_with_a_space_before_them():
    split = whole(np.zeros((100, 1)), np.zeros(100))
    kept, aside = set_aside_last(split, 0.2, 5, key="test_split")
    assert aside.rows.tolist() == list(range(80, 100)) and kept.rows.tolist() == list(range(76))


def test_a_sine_is_a_sine_and_its_targets_come_next(env):
    loaded = load(dataset("sine", samples=50, window=6, horizon=2, period=20.0), env)
    wave = np.sin(2 * np.pi * np.arange(57) / 20).astype(np.float32)
    for i in range(50):
        assert np.array_equal(loaded.train.x[i][:, 0], wave[i:i + 6])
        assert np.array_equal(loaded.train.y[i], wave[i + 6:i + 8])


def test_noise_depends_on_the_seed_alone(env):
    def x(**keys):
        return load(dataset("sine", noise=0.1, **keys), env).train.x

    assert np.array_equal(x(), x(seed=3)) and (x() != x(seed=4)).any()


@pytest.mark.parametrize("horizon", [1, 3])
def test_splits_are_in_the_order_of_time_and_share_no_target(horizon, env):
    loaded = load(dataset("sine", horizon=horizon, validation_split=0.1), env)
    assert len(loaded.test) == 200 and loaded.test.rows[-1] == 999
    assert loaded.train.rows[-1] + horizon <= loaded.validation.rows[0]
    assert loaded.validation.rows[-1] + horizon <= loaded.test.rows[0]


TABLE = "date,load,temp\n" + "".join(f"2026-01-{i:02d},{i}.5,{-i}\n" for i in range(1, 31))


def write(env, content, name="power.csv"):
    (env.bases[0] / name).write_text(content)


def power(**keys):
    return dataset("timeseries", **{"path": "power.csv", "target": "load", "window": 4, **keys})


def test_a_table_becomes_windows_of_its_columns(env):
    write(env, TABLE)
    loaded = load(power(features=["temp", "load"], horizon=2), env)
    assert loaded.spec == power(features=["temp", "load"], horizon=2).describe(env)
    assert loaded.train.x[0].tolist() == [[-1, 1.5], [-2, 2.5], [-3, 3.5], [-4, 4.5]]
    assert loaded.train.y[0].tolist() == [5.5, 6.5] and len(loaded.train.x) == 25


def test_columns_may_be_given_by_position_and_the_header_be_absent(env):
    write(env, TABLE)
    by_name = load(power(), env).train.x
    assert np.array_equal(load(power(target=1), env).train.x, by_name)
    write(env, TABLE.partition("\n")[2])
    assert np.array_equal(load(power(target=1), env).train.x, by_name)


@pytest.mark.parametrize(("content", "keys", "match"), [
    (TABLE, {"target": "lode"}, "no column 'lode'; there are date, load, temp"),
    (TABLE, {"features": ["tmp"]}, "no column 'tmp'"), (TABLE, {"target": "date"}, "found '2026-01-01'"),
    (TABLE, {"window": 40}, "need a series of 41 steps at least; found 30"),
    (TABLE.replace("7.5", "n/a"), {}, r"expected a finite number, found 'n/a'"),
    (TABLE + "2026-02-01,1.5\n", {}, "expected 3 cells, as in line 1; found 2"), ("", {}, "nothing in it"),
])
def test_tables_that_do_not_fit_are_refused(content, keys, match, env):
    write(env, content)
    with pytest.raises(DataError, match=match) as error:
        load(power(**keys), env)
    assert "power.csv" in error.value.where and error.value.hint


def test_a_wrong_cell_is_named_by_line_and_column(env):
    write(env, TABLE.replace("7.5", "n/a", 1))
    with pytest.raises(DataError) as error:
        load(power(), env)
    assert error.value.where.endswith("power.csv, line 8, column 1 (load)")
    assert "(1 such cell(s))" in error.value.message, "once, though the column is seen and foretold"


def test_a_table_is_found_in_the_data_directory_too(env):
    with pytest.raises(DataUnavailableError):
        load(power(), env)
    env.data_dir.mkdir()
    (env.data_dir / "power.csv").write_text(TABLE)
    assert len(load(power(), env).train.x) == 26
