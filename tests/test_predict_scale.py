"""Inputs that somebody has scaled already: predict says so, once, and answers all the same."""

import numpy as np
import pytest
from main_job import CONFIGS, dlcli

from dlcli.core.target import DataSpec, Target
from dlcli.data.scaling import looks_scaled

SAID = "bytes, 0 to 255"


def bytes_of_digits(count):
    return np.random.default_rng(0).integers(0, 256, (count, 8, 8)).astype("u1")


def test_scaled_inputs_of_a_model_for_bytes_are_warned_of(capsys, tmp_path):
    assert dlcli(capsys, "train", CONFIGS / "mnist_mlp.yaml", "--fast-dev-run", "-q")[0] == 0
    x = bytes_of_digits(3)
    np.save(tmp_path / "bytes.npy", x)
    np.save(tmp_path / "floats.npy", x.astype("f4"))
    np.save(tmp_path / "scaled.npy", x / np.float32(255))
    code, _, err = dlcli(capsys, "predict", "latest", tmp_path / "scaled.npy", tmp_path / "scaled.npy")
    assert code == 0 and err.count(SAID) == 1 and "scaled.npy" in err and "give them as they were" in err
    for name in ("bytes.npy", "floats.npy"):
        code, _, err = dlcli(capsys, "predict", "latest", tmp_path / name)
        assert code == 0 and SAID not in err


@pytest.mark.parametrize(("x", "dtype", "scaled"), [
    (np.array([[0.0, 0.5]]), "uint8", True), (np.array([[-1.0, 1.0]]), "uint8", True),
    (np.array([[0.0, 1.0]]), "uint8", True), (np.array([[0.0, 200.0]]), "uint8", False),
    (np.zeros((1, 2)), "uint8", False), (np.array([[0, 1]], "u1"), "uint8", False),
    (np.array([[0.0, 0.5]]), "float32", False),
])
def test_what_looks_scaled(x, dtype, scaled):
    spec = DataSpec(input_shape=(2,), dtype=dtype, target=Target(kind="numbers", shape=(1,)))
    assert looks_scaled(x, spec) is scaled
