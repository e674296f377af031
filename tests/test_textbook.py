"""The two smallest configurations do what the textbooks say."""

import numpy as np
import pytest
from main_job import CONFIGS, dlcli, dlcli_json, run_dirs
from safetensors.numpy import load_file

ROWS = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]


def textbook_perceptron(labels, *, epochs=10, lr=0.01):
    """Zero weights; one sample at a time, in order: w += lr (label - prediction) x."""
    w, b = [0.0, 0.0], 0.0
    for _ in range(epochs):
        for x, label in zip(ROWS, labels, strict=True):
            prediction = 1 if w[0] * x[0] + w[1] * x[1] + b > 0 else 0
            w = [w[i] + lr * (label - prediction) * x[i] for i in (0, 1)]
            b += lr * (label - prediction)
    return w, b


@pytest.mark.parametrize(("gate", "labels"), [("and", (0, 0, 0, 1)), ("or", (0, 1, 1, 1)), ("nand", (1, 1, 1, 0))])
def test_the_perceptron_of_the_textbooks_bit_for_bit(capsys, gate, labels):
    code, result = dlcli_json(capsys, "train", CONFIGS / "perceptron_and.yaml", f"dataset.gate={gate}")
    w, b = textbook_perceptron(labels)
    tensors = load_file(run_dirs()[0] / "checkpoints" / "last.safetensors")
    assert code == 0 and result["step"] == 40
    assert tensors["model/dense/kernel"].dtype == np.float64
    assert tensors["model/dense/kernel"].ravel().tolist() == w and tensors["model/dense/bias"].tolist() == [b]


def test_the_perceptron_learns_and(capsys):
    _, result = dlcli_json(capsys, "train", CONFIGS / "perceptron_and.yaml")
    assert result["test"]["accuracy"] == 1.0


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_xor_is_learned_to_the_right_four_answers(capsys, tmp_path, seed):
    _, result = dlcli_json(capsys, "train", CONFIGS / "xor.yaml", "--seed", seed)
    assert result["test"]["accuracy"] == 1.0
    (tmp_path / "rows.csv").write_text("0,0\n0,1\n1,0\n1,1\n")
    code, out, _ = dlcli(capsys, "predict", result["run_id"], tmp_path / "rows.csv")
    assert code == 0 and [line.split()[1] for line in out.splitlines()] == ["0", "1", "1", "0"]


DIGITS = """\
dataset: {type: digits, preprocessing: [{type: rescale, scale: 1/255}]}
model: {layers: [flatten, {type: dense, units: 30, activation: sigmoid}, {type: dense, units: 10, activation: LAST}]}
loss: LOSS
optimizer: {type: adam, learning_rate: 0.01}
metrics: [accuracy]
training: {epochs: 10, batch_size: 32}
"""


@pytest.mark.parametrize(("loss", "last"), [
    ("mse", "sigmoid"), ("binary_crossentropy", "sigmoid"), ("squared_hinge", "linear"), ("kl_divergence", "softmax"),
])
def test_ten_classes_are_told_apart_by_ten_outputs_and_any_loss(capsys, tmp_path, loss, last):
    path = tmp_path / "digits.yaml"
    path.write_text(DIGITS.replace("LOSS", loss).replace("LAST", last))
    code, result = dlcli_json(capsys, "train", path)
    assert code == 0 and result["test"]["accuracy"] > 0.9
