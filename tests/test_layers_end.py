"""The activation in which a model ends: the loss takes it over wherever it stands, and works on what comes before."""

import by_hand
import numpy as np
import pytest
from main_job import dlcli, dlcli_json

from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.model import Model, Pass, split_link

SOFTMAX, SIGMOID = ({"type": "dense", "units": 4, "activation": name} for name in ("softmax", "sigmoid"))
CROSS, BINARY = "categorical_crossentropy", "binary_crossentropy"

TAKEN = {
    "sequential": ([{"type": "sequential", "layers": ["tanh", {"type": "sequential", "layers": [SOFTMAX]}]}], CROSS),
    "repeat, one layer": ([{"type": "repeat", "layer": SOFTMAX, "times": 3}], CROSS),
    "repeat, a list": ([{"type": "repeat", "layers": ["tanh", SIGMOID, {"type": "permute", "dims": [1]}], "times": 2}],
                       BINARY),
    "time_distributed": ([{"type": "reshape", "shape": [2, 2]}, {"type": "time_distributed", "layer": SOFTMAX}], CROSS),
    "encoder_decoder": ([{"type": "reshape", "shape": [4, 1]}, {
        "type": "encoder_decoder", "source_length": 2, "encoder": [],
        "decoder": [{"type": "multi_head_attention", "num_heads": 1, "cross": True}, SOFTMAX],
    }], CROSS),
    "branches": ([{"type": "parallel", "branches": [[SIGMOID], ["tanh", {"type": "sequential", "layers": [SIGMOID]}]]}],
                 BINARY),
    "before another shape": ([SIGMOID, {"type": "reshape", "shape": [2, 2]}, {"type": "permute", "dims": [2, 1]},
                              "flatten"], BINARY),
    "by itself": (["tanh", "sigmoid", {"type": "reshape", "shape": [2, 2]}], BINARY),
    "within another": ([{"type": "sequential", "layers": ["sigmoid", "flatten"]}, {"type": "reshape", "shape": [2, 2]}],
                       BINARY),
}
LEFT = {
    "a sum with what came in": ([{"type": "residual", "layers": [SIGMOID]}], BINARY),
    "a sum of branches": ([{"type": "parallel", "branches": [[SIGMOID], [SIGMOID]], "merge": "add"}], BINARY),
    "another branch without": ([{"type": "parallel", "branches": [[SIGMOID], []]}], BINARY),
    "rows that are joined": ([{"type": "parallel", "branches": [[SOFTMAX], [SOFTMAX]]}], CROSS),
    "rows that are cut": ([SOFTMAX, {"type": "reshape", "shape": [2, 2]}], CROSS),
    "something after it": ([SIGMOID, {"type": "rescaling", "scale": 0.5}], BINARY),
}


def made(layers):
    return tuple(from_yaml(Layer, layer) for layer in layers)


def loss_and_gradient(layers, loss, *, scale, link=None):
    """Predictions, losses and the gradient of all parameters, whose kernels are `scale` times as large as drawn."""
    model = Model(layers, (4,), dtype="float64", link=link)
    theta, buffers = model.initialize(np.random.default_rng(0))
    theta *= scale
    through = Pass(model, theta, buffers, training=True, input_gradient=True)
    rng = np.random.default_rng(1)
    y = through.forward(rng.normal(size=(6, 4)))
    ctx = by_hand.context(dtype="float64")
    truth = rng.integers(0, 2, y.shape) if loss.type_name() == BINARY else rng.integers(0, y.shape[-1], y.shape[:-1])
    losses = loss.forward(ctx, y, truth).copy()
    dx = through.backward(loss.backward(ctx, 1.0)).copy()
    return [slot.name for slot in model.layout], ctx.predictions.copy(), losses, through.grad, dx


@pytest.mark.parametrize("name", TAKEN)
def test_the_loss_takes_the_end_over_and_nothing_changes(name):
    layers, kind = made(TAKEN[name][0]), by_hand.loss(TAKEN[name][1])
    cut, link, fused = split_link(layers, kind)
    assert link is not None and link.type_name() == kind.link and fused.from_logits
    apart = loss_and_gradient(layers, kind, scale=1.0)
    found = loss_and_gradient(cut, fused, scale=1.0, link=link)
    assert found[0] == apart[0], "parameters keep their names, so that checkpoints stay what they are"
    for expected, value in zip(apart[1:], found[1:], strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in TAKEN if name not in ("by itself", "within another")])
def test_what_is_wrong_beyond_doubt_is_still_learned_from(name):
    """On probabilities the logarithm is clipped, as in Keras: where p is 0 the gradient is too."""
    layers, kind = made(TAKEN[name][0]), by_hand.loss(TAKEN[name][1])
    cut, _, fused = split_link(layers, kind)
    _, _, clipped, _, _ = loss_and_gradient(layers, kind, scale=1e4)
    _, p, losses, gradient, _ = loss_and_gradient(cut, fused, scale=1e4)
    assert np.isfinite(losses).all() and np.isfinite(gradient).all() and np.isfinite(p).all()
    assert losses.max() > clipped.max() and np.abs(gradient).max() > 0.1


@pytest.mark.parametrize("name", LEFT)
def test_what_is_not_the_end_stays(name):
    layers, kind = made(LEFT[name][0]), by_hand.loss(LEFT[name][1])
    kept, link, loss = split_link(layers, kind)
    assert kept == layers and link is None and loss is kind


AUTOENCODER = """\
dataset: {type: digits, autoencode: true, preprocessing: [{type: rescale, scale: 1/255}]}
model:
  layers:
    - flatten
    - {type: dense, units: 8, activation: relu}
    - {type: dense, units: 64}
    - sigmoid
    - {type: reshape, shape: [8, 8]}
loss: binary_crossentropy
optimizer: adam
training: {epochs: 1}
"""


def test_an_autoencoder_gives_pixels_and_its_errors_name_the_right_line(capsys, tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text(AUTOENCODER)
    code, out, _ = dlcli(capsys, "check", path)
    assert code == 0 and "sigmoid, fused into the loss" in out
    code, result = dlcli_json(capsys, "train", path)
    assert code == 0 and 0 < result["test"]["loss"] < 0.7
    path.write_text(AUTOENCODER.replace("[8, 8]", "[9, 9]"))
    code, _, err = dlcli(capsys, "check", path)
    assert code == 2 and f"{path}:8:30  model.layers.4.shape" in err
