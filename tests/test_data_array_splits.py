"""Arrays divided by group or by time."""

import numpy as np
import pytest

from dlcli.config.source import Source
from dlcli.config.validate import validate
from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.data.load import load
from dlcli.errors import ConfigError, DataError, DataKeyError

N = 60


@pytest.fixture
def env(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.random((N, 3)), "y_train": np.arange(N) % 2, "patient": np.arange(N) // 4,
        "day": rng.permutation(N) / 2,
    }
    np.savez(tmp_path / "a.npz", **arrays, short=np.arange(5), gap=np.full(N, np.nan))
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    return DataEnv(
        data_dir=None, cache_dir=tmp_path / "cache", offline=True, bases=(tmp_path,), seed=3, warn=lambda text: None,
    )


def npz(env, **keys):
    return load(from_yaml(Dataset, {"type": "npz", "path": "a.npz", "test_split": 0.2, **keys}), env)


def npy(env, **keys):
    paths = {"path": "x_train.npy", "target_path": "y_train.npy"}
    return load(from_yaml(Dataset, {"type": "npy", **paths, "test_split": 0.2, **keys}), env)


def test_a_patient_is_in_one_split_alone(env):
    loaded = npz(env, group="patient", validation_split=0.25)
    parts = [set(split.rows // 4) for split in (loaded.train, loaded.validation, loaded.test)]
    assert [len(part) for part in parts] == [9, 3, 3] and len(set().union(*parts)) == 15
    assert np.array_equal(npy(env, group_path="patient.npy", validation_split=0.25).test.rows, loaded.test.rows)


def test_the_latest_samples_are_the_test(env):
    day = np.load(env.bases[0] / "day.npy")
    for loaded in (npz(env, time="day"), npy(env, time_path="day.npy")):
        assert len(loaded.test) == 12 and day[loaded.train.rows].max() < day[loaded.test.rows].min()


@pytest.mark.parametrize(("keys", "error", "said"), [
    ({"group": "pateint"}, DataKeyError, "there is no array 'pateint'"),
    ({"group": "short"}, DataError, r"short has shape \(5,\); one number for each training sample is \(60,\)"),
    ({"time": "gap"}, DataError, "gap holds 60 value"),
])
def test_arrays_that_do_not_fit_are_refused(env, keys, error, said):
    with pytest.raises(error, match=said) as found:
        npz(env, **keys)
    assert found.value.where.endswith("a.npz") and found.value.hint


@pytest.mark.parametrize(("keys", "said"), [
    ({"type": "npz", "path": "a.npz", "group": "patient", "time": "day"}, "by time, or by group"),
    ({"type": "npz", "path": "a.npz", "time": "day", "stratify": True}, "dataset.stratify"),
    ({"type": "csv", "path": "a.csv", "target": 2, "group": 0, "time": 1}, "by time, or by group"),
    ({"type": "npy", "path": "x", "target_path": "y", "time_path": "t", "stratify": True}, "dataset.stratify"),
])
def test_ways_that_contradict_each_other_are_refused(keys, said):
    net = {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]}
    data = {"dataset": keys, "model": net, "loss": "categorical_crossentropy", "optimizer": "adam"}
    with pytest.raises(ConfigError) as error:
        validate(Source(data, "model.yaml", {}))
    assert said in str(error.value)
