"""Weights of samples: a sample of weight 2 is as two of it, one of weight 0 as none."""

import numpy as np
import pytest
from main_job import dlcli, dlcli_json, run_dirs

from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.data.fingerprint import fingerprint
from dlcli.data.load import load
from dlcli.errors import DataError

N = 12
MODEL = """
seed: 3
dataset: {{type: npz, path: {file}, classes: 3, validation_split: {split}}}
model: {{layers: [{{type: dense, units: 4, activation: tanh}}, {{type: dense, units: 3, activation: softmax}}]}}
loss: categorical_crossentropy
optimizer: {{type: sgd, learning_rate: {rate}}}
metrics: [accuracy]
dtype: float64
training: {{steps: 5, batch_size: {batch}, shuffle: false{more}}}
"""


def samples(count=N, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, 4)), np.arange(count) % 3


def weights_after(capsys, folder, x, y, weights=None, *, rate=0.5, more="", batch=None, split=0.0):
    """The parameters that a few steps with all samples lead to."""
    from safetensors.numpy import load_file

    found = {"x_train": x, "y_train": y}
    np.savez(folder / "data.npz", **found, **({} if weights is None else {"sample_weight_train": weights}))
    text = MODEL.format(file="data.npz", rate=rate, batch=batch or len(x), more=more, split=split)
    (folder / "model.yaml").write_text(text)
    code, result = dlcli_json(capsys, "train", folder / "model.yaml", "-q")
    assert code == 0, result
    state = load_file(f"{result['run_dir']}/checkpoints/last.safetensors")
    return np.concatenate([state[name].ravel() for name in sorted(state) if name.startswith("model/")]), result


def test_a_weight_is_how_often_a_sample_is_there(capsys, tmp_path):
    x, y = samples()
    weights = np.random.default_rng(1).integers(0, 4, N)
    often = np.repeat(np.arange(N), weights)
    weighted, _ = weights_after(capsys, tmp_path, x, y, weights)
    # As in Keras the mean is over samples, not over their weights: the rate makes up for it.
    repeated, _ = weights_after(capsys, tmp_path, x[often], y[often], rate=0.5 * len(often) / N)
    plain, _ = weights_after(capsys, tmp_path, x, y)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-12, atol=1e-14)
    assert not np.allclose(weighted, plain)


def test_weights_of_one_change_nothing(capsys, tmp_path):
    x, y = samples()
    plain, first = weights_after(capsys, tmp_path, x, y)
    same, second = weights_after(capsys, tmp_path, x, y, np.ones(N))
    np.testing.assert_array_equal(same, plain)
    assert first["metrics"] == second["metrics"], "figures count every sample once"


@pytest.mark.parametrize(("more", "batch"), [
    (", lanes: 3", None), (", accumulate: 3", 4), (", class_weight: {'1': 0.5}", None),
])
def test_weights_go_with_their_samples(capsys, tmp_path, more, batch):
    """However a step is cut, with weights of classes beside them."""
    x, y = samples()
    weights = np.random.default_rng(2).uniform(0, 2, N)
    found, _ = weights_after(capsys, tmp_path, x, y, weights, more=more, batch=batch)
    whole = weights * np.where((y == 1) & ("class" in more), 0.5, 1)
    wanted, _ = weights_after(capsys, tmp_path, x, y, whole)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)


def test_weights_go_with_the_rows_of_a_split(capsys, tmp_path):
    x, y = samples(40)
    weights = np.random.default_rng(2).uniform(0, 2, 40)
    found, _ = weights_after(capsys, tmp_path, x, y, weights, split=0.25)
    env = DataEnv(data_dir=None, cache_dir=tmp_path, offline=True, bases=(tmp_path,), seed=3, warn=print)
    loaded = load(from_yaml(Dataset, {"type": "npz", "path": "data.npz", "classes": 3, "validation_split": 0.25}), env)
    rows = loaded.train.rows
    assert len(rows) == 30
    wanted, _ = weights_after(capsys, tmp_path, x[rows], y[rows], weights[rows])
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("weights", "said"), [
    (np.ones(5), r"one number for each of 12 samples, shape \(12,\); found float64 of shape \(5,\)"),
    (np.ones((N, 1)), r"shape \(12, 1\)"), (np.array(["a"] * N), "<U1"), (np.zeros(N), "no sample would count"),
    (np.array([1.0] * 11 + [-2]), "-2 in row 11"), (np.array([1.0, np.nan] * 6), r"nan in row 1.*6 row"),
])
def test_weights_that_are_none_are_refused(capsys, tmp_path, weights, said):
    x, y = samples()
    np.savez(tmp_path / "data.npz", x_train=x, y_train=y, sample_weight_train=weights)
    env = DataEnv(data_dir=None, cache_dir=tmp_path, offline=True, bases=(tmp_path,), seed=0, warn=print)
    with pytest.raises(DataError, match=said) as caught:
        load(from_yaml(Dataset, {"type": "npz", "path": "data.npz"}), env)
    assert "data.npz" in caught.value.where and caught.value.hint


def test_weights_are_part_of_what_a_run_was_made_of(tmp_path):
    x, y = samples()
    env = DataEnv(data_dir=None, cache_dir=tmp_path, offline=True, bases=(tmp_path,), seed=0, warn=print)
    prints = []
    for weights in (None, np.ones(N), np.full(N, 2.0)):
        arrays = {} if weights is None else {"sample_weight_train": weights}
        np.savez(tmp_path / "data.npz", x_train=x, y_train=y, **arrays)
        prints.append(fingerprint(load(from_yaml(Dataset, {"type": "npz", "path": "data.npz"}), env))["sha256"])
    assert len(set(prints)) == 3


def test_npy_has_weights_in_a_file_of_their_own(tmp_path):
    x, y = samples()
    for name, array in (("x", x), ("y", y), ("w", np.arange(N))):
        np.save(tmp_path / f"{name}.npy", array)
    env = DataEnv(data_dir=None, cache_dir=tmp_path, offline=True, bases=(tmp_path,), seed=0, warn=print)
    keys = {"type": "npy", "path": "x.npy", "target_path": "y.npy", "sample_weight_path": "w.npy"}
    np.testing.assert_array_equal(load(from_yaml(Dataset, keys), env).train.weights, np.arange(N))


TABLE = "a,b,often,y\n" + "".join(f"{n * 7 % 5},{n % 3},{n % 4},{'no' if n % 2 else 'yes'}\n" for n in range(40))


def table(folder, text=TABLE, **keys):
    (folder / "t.csv").write_text(text)
    env = DataEnv(data_dir=None, cache_dir=folder, offline=True, bases=(folder,), seed=0, warn=print)
    keys = {"type": "csv", "path": "t.csv", "target": "y", "sample_weight": "often", **keys}
    return load(from_yaml(Dataset, keys), env)


def test_a_column_of_a_table_may_hold_weights(tmp_path):
    found = table(tmp_path)
    np.testing.assert_array_equal(found.train.weights, np.arange(40) % 4)
    assert found.spec.input_shape == (2,), "weights are no feature"
    assert table(tmp_path, features=["a", "b", "often"]).spec.input_shape == (3,)


@pytest.mark.parametrize(("text", "keys", "said"), [
    (TABLE.replace("4,1,1,no", "4,1,,no"), {}, "the sample_weight 'often' is missing"),
    (TABLE.replace(",0,", ",-1,"), {}, "'often' has -1"), (TABLE, {"sample_weight": "oftn"}, "no column 'oftn'"),
    (TABLE, {"types": {"often": "category"}}, "is a category; weights are numbers"),
])
def test_columns_that_hold_no_weights(tmp_path, text, keys, said):
    with pytest.raises(DataError, match=said):
        table(tmp_path, text, **keys)


def test_a_gan_has_no_use_for_weights(capsys, tmp_path):
    np.savez(
        tmp_path / "data.npz", x_train=np.zeros((N, 2)), y_train=np.arange(N) % 2, sample_weight_train=np.ones(N),
    )
    (tmp_path / "gan.yaml").write_text(
        "dataset: {type: npz, path: data.npz}\ngenerator: {latent: 2, layers: [{type: dense, units: 2}]}\n"
        "discriminator: {layers: [{type: dense, units: 1}]}\nloss: gan_hinge\noptimizer: adam\ntraining: {epochs: 1}\n",
    )
    code, _, err = dlcli(capsys, "train", tmp_path / "gan.yaml")
    assert code == 1 and "to a GAN all samples are equally real" in err and "Traceback" not in err
    assert not run_dirs()
