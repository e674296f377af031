"""Layers that change places: the result is the same, to the last bit."""

import numpy as np
import pytest

from dlcli import model as model_module
from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.model import Model, Pass

POOLS = (
    ({"type": "conv2d", "filters": 4, "kernel_size": 3}, {"type": "max_pooling2d"}, (9, 8, 3)),
    ({"type": "conv2d", "filters": 4, "kernel_size": 3, "padding": "same"},
     {"type": "max_pooling2d", "pool_size": 3, "strides": 2, "padding": "same"}, (9, 8, 3)),
    ({"type": "conv1d", "filters": 4, "kernel_size": 3}, {"type": "max_pooling1d"}, (9, 3)),
)


def results(layers, in_shape):
    """Outputs, gradients of the parameters and of x, and the names of the layers as they are run."""
    model = Model([from_yaml(Layer, layer) for layer in layers], in_shape)
    theta, buffers = model.initialize(np.random.default_rng(0))
    rng = np.random.default_rng(1)
    through = Pass(model, theta, buffers, training=True, input_gradient=True)
    y = through.forward(rng.normal(size=(5, *in_shape)).astype(np.float32))
    dx = through.backward(rng.normal(size=y.shape).astype(np.float32))
    return y, through.grad, dx, [node.name for node in model.nodes]


@pytest.mark.parametrize(("convolution", "pool", "in_shape"), POOLS)
def test_relu_behind_a_maximum_gives_the_same_bits(convolution, pool, in_shape, monkeypatch):
    monkeypatch.setattr(model_module, "FUSIONS", ())  # those take sums in another order
    apart = results([convolution, {"type": "sequential", "layers": ["relu"]}, pool], in_shape)
    together = results([{**convolution, "activation": "relu"}, pool], in_shape)
    for expected, found in zip(apart[:3], together[:3], strict=True):
        assert np.array_equal(expected, found)
    kind = convolution["type"]
    assert apart[3] == [kind, "sequential", pool["type"]]
    assert together[3] == [kind, pool["type"], f"{kind}/relu"]


@pytest.mark.parametrize("activation", ["tanh", "leaky_relu", "softmax"])
def test_other_activations_stay_where_they_are(activation):
    names = results([{**POOLS[0][0], "activation": activation}, POOLS[0][1]], POOLS[0][2])[3]
    assert names == ["conv2d", f"conv2d/{activation}", "max_pooling2d"]
