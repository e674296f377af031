"""Autoencoders: the target is the preprocessed input itself."""

import json

import numpy as np
import pytest

from dlcli.cli.main import main
from dlcli.core.target import DataSpec, Target
from dlcli.data.batches import Batches
from dlcli.data.preprocessing import Pipeline
from dlcli.data.splits import whole
from dlcli.data.transforms.rescale import Rescale

CONFIG = """\
dataset: {type: digits, autoencode: true, validation_split: 0.1, preprocessing: [{type: rescale, scale: 1/255}]}
model:
  layers: [flatten, {type: dense, units: 16, activation: relu}, {type: dense, units: UNITS, activation: sigmoid}]
loss: LOSS
optimizer: {type: adam, learning_rate: 0.01}
metrics: [mae]
training: {epochs: 2}
"""


def test_the_target_of_a_batch_is_its_input_after_preprocessing():
    x = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    spec = DataSpec(input_shape=(4, 3), dtype="uint8", target=Target(kind="numbers", shape=(4, 3), is_input=True))
    batches = Batches(
        whole(x, np.zeros(4, int)), Pipeline([Rescale(scale=0.5)], spec), spec, batch_size=2, dtype="float32",
    )
    taken, y = batches.take(np.array([3, 1]))
    assert np.array_equal(y, taken) and np.array_equal(y, x[[3, 1]] / 2)


@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy"])
def test_an_autoencoder_is_trained_evaluated_and_predicts(loss, tmp_path, capsys):
    config = tmp_path / "model.yaml"
    config.write_text(CONFIG.replace("UNITS", "64").replace("LOSS", loss))
    assert main(["train", str(config), "--json", "-q"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert trained["test"]["mae"] < 0.3
    assert main(["evaluate", "latest", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["metrics"] == trained["test"] and "labels" not in result
    assert (tmp_path / trained["run_dir"] / "evaluation" / "test" / "reconstructions.png").stat().st_size > 1000
    np.save(tmp_path / "one.npy", np.zeros((8, 8), np.uint8))
    assert main(["predict", "latest", str(tmp_path / "one.npy"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["predictions"][0]["prediction"]) == 64


def test_an_output_of_another_size_is_refused_at_the_loss(tmp_path, capsys):
    config = tmp_path / "model.yaml"
    config.write_text(CONFIG.replace("UNITS", "63").replace("LOSS", "mse"))
    assert main(["check", str(config)]) == 2
    assert "64 target number(s)" in capsys.readouterr().err


def test_classes_mean_nothing_to_an_autoencoder(tmp_path, capsys):
    config = tmp_path / "model.yaml"
    config.write_text(CONFIG.replace("UNITS", "64").replace("LOSS", "mse").replace("mae", "accuracy"))
    assert main(["check", str(config)]) == 2
    assert "accuracy" in capsys.readouterr().err
