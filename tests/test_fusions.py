"""Layers that are worked as one give what they give one after the other."""

import numpy as np
import pytest

from dlcli import model as model_module
from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.kernels import choice
from dlcli.model import Model, Pass

HIDDEN = {"type": "dense", "units": 7, "activation": "relu"}
OUT = {"type": "dense", "units": 3}
CHAINS = {
    "mlp": ([HIDDEN, HIDDEN, OUT], (5,)),
    "one hidden layer": ([{**HIDDEN, "units": 20}, {**OUT, "units": 1}], (4,)),
    "no bias": ([{**HIDDEN, "use_bias": False}, OUT], (5,)),
    "relu at the end": ([OUT, HIDDEN], (5,)),
    "nothing between": ([OUT, OUT], (5,)),
    "one alone": ([OUT], (5,)),
    "steps": ([HIDDEN, OUT], (4, 5)),
    "wide": ([{**HIDDEN, "units": 40}, {**OUT, "units": 33}, "tanh", {**HIDDEN, "units": 17}, OUT], (70,)),
    "behind others": ([{"type": "conv1d", "filters": 3, "kernel_size": 2}, "flatten", HIDDEN, OUT], (4, 2)),
    "in a composite": ([{"type": "residual", "layers": [HIDDEN, {**OUT, "units": 5}]}, HIDDEN, OUT], (5,)),
    "frozen": ([{**HIDDEN, "trainable": False}, {**HIDDEN, "trainable": False}, HIDDEN, OUT], (5,)),
    "frozen behind": ([HIDDEN, {**HIDDEN, "trainable": False}, OUT], (5,)),
}


def results(model, theta, sizes, *, input_gradient):
    """y, gradients and dx of batches of these sizes, one after the other in the same memory."""
    rng = np.random.default_rng(1)
    through = Pass(model, theta, model.buffers.zeros(model.dtype), training=True, input_gradient=input_gradient)
    found = []
    for size in sizes:
        x = rng.standard_normal((size, *model.in_shape)).astype(model.dtype)
        y = through.forward(x).copy()
        through.grad[:] = 7
        dx = through.backward(rng.standard_normal(y.shape).astype(model.dtype))
        found += [y, through.grad.copy(), np.empty(0) if dx is None else dx.copy()]
        assert (dx is None) != input_gradient
    return found


@pytest.mark.parametrize("input_gradient", [False, True], ids=["no dx", "dx"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_gives_what_its_layers_give(name, dtype, input_gradient, monkeypatch):
    layers, in_shape = CHAINS[name]
    model = Model([from_yaml(Layer, layer) for layer in layers], in_shape, dtype=dtype)
    theta, _ = model.initialize(np.random.default_rng(0))
    theta += np.random.default_rng(2).standard_normal(theta.shape).astype(dtype) / 10  # biases are not zero
    sizes = (6, 30, 1, 400, 6, 60)
    fused = results(model, theta, sizes, input_gradient=input_gradient)
    monkeypatch.setattr(model_module, "FUSIONS", ())
    for mine, plain in zip(fused, results(model, theta, sizes, input_gradient=input_gradient), strict=True):
        if choice.in_use() == "numpy":
            assert np.array_equal(mine, plain)
        else:
            np.testing.assert_allclose(mine, plain, rtol=0, atol=3e3 * np.finfo(dtype).eps)


def test_chains_are_found_where_there_are_any():
    layers, in_shape = CHAINS["mlp"]
    through = Pass(*_made(layers, in_shape))
    assert len(through.passage) == 1
    through = Pass(*_made([HIDDEN, {"type": "dropout", "rate": 0.5}, OUT], in_shape))
    assert len(through.passage) == 3, "a dense layer with its relu, a dropout, a dense layer"


def _made(layers, in_shape):
    model = Model([from_yaml(Layer, layer) for layer in layers], in_shape)
    return model, *model.initialize(np.random.default_rng(0))
