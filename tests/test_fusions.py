"""Layers that are worked as one give what they give one after the other."""

import numpy as np
import pytest

from dlcli import model as model_module
from dlcli.core.component import from_yaml
from dlcli.core.context import Flow
from dlcli.core.layer import Layer
from dlcli.core.loss import Loss
from dlcli.fusions import dense_chain
from dlcli.fusions.chain_and_loss import learner
from dlcli.fusions.dense_gelu import DenseGelu
from dlcli.kernels import choice
from dlcli.model import Model, Pass
from dlcli.train.lanes import Lane

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
    "images": (["flatten", HIDDEN, OUT], (4, 5)),
    "an image alone": (["flatten", OUT], (4, 5)),
    "images behind others": ([{"type": "conv1d", "filters": 3, "kernel_size": 2}, "flatten", OUT], (4, 2)),
    "frozen behind": ([HIDDEN, {**HIDDEN, "trainable": False}, OUT], (5,)),
}


def results(model, theta, sizes, *, input_gradient, training=True):
    """y, gradients and dx of batches of these sizes, one after the other in the same memory."""
    rng = np.random.default_rng(1)
    through = Pass(model, theta, model.buffers.zeros(model.dtype), training=training, input_gradient=input_gradient)
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


GELUS = {
    "a sample a row": ([{**OUT, "activation": "gelu"}], (5,)),
    "a row a step": ([{**HIDDEN, "activation": {"type": "gelu", "approximate": True}}, OUT], (4, 5)),
    "no bias": ([{**HIDDEN, "activation": "gelu", "use_bias": False}, OUT], (4, 5)),
    "in a transformer": ([{"type": "transformer_encoder", "intermediate_dim": 9, "num_heads": 1,
                           "activation": "gelu"}], (4, 5)),
}


@pytest.mark.parametrize("training", [True, False], ids=["training", "not training"])
@pytest.mark.parametrize("input_gradient", [False, True], ids=["no dx", "dx"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", GELUS)
def test_a_dense_layer_and_its_gelu_give_what_both_give(name, dtype, input_gradient, training, monkeypatch):
    layers, in_shape = GELUS[name]
    model = Model([from_yaml(Layer, layer) for layer in layers], in_shape, dtype=dtype)
    theta, _ = model.initialize(np.random.default_rng(0))
    found = []
    for fusions in ((DenseGelu,), ()):
        monkeypatch.setattr(model_module, "FUSIONS", fusions)
        found.append(results(model, theta, (6, 30, 6), input_gradient=input_gradient, training=training))
    assert all(np.array_equal(fused, plain) for fused, plain in zip(*found, strict=True))


def test_where_a_dense_layer_and_its_gelu_are_one():
    model, theta, buffers = _made([HIDDEN, {**HIDDEN, "activation": "gelu"}, {**OUT, "activation": "gelu"}], (4, 5))
    parts = [type(part) for part in Pass(model, theta, buffers).passage._parts]
    assert parts == [dense_chain.DenseChain, type(None), DenseGelu]


def test_a_larger_batch_leaves_no_chain_in_the_smaller_memory_of_before():
    model, theta, buffers = _made([HIDDEN, OUT], (5,))
    through = Pass(model, theta, buffers)
    (chain,) = through.passage._parts
    for size in (6, 60, 6):
        x = np.ones((size, 5), np.float32)
        through.forward(x)
        assert np.shares_memory(chain.chain(x).space, chain._memory.empty("chain", (1,)))


def test_chains_are_found_where_there_are_any():
    layers, in_shape = CHAINS["mlp"]
    through = Pass(*_made(layers, in_shape))
    assert len(through.passage) == 1
    through = Pass(*_made([HIDDEN, {"type": "dropout", "rate": 0.5}, OUT], in_shape))
    assert len(through.passage) == 3, "a dense layer with its relu, a dropout, a dense layer"


CROSS, BITS = ({"type": f"{name}_crossentropy", "from_logits": True} for name in ("categorical", "binary"))
BEFORE = {
    "flatten": ["flatten"],
    "others": [{"type": "conv1d", "filters": 3, "kernel_size": 2}, {"type": "dropout", "rate": 0.5}, "flatten"],
    "last state": [{"type": "lstm", "units": 6}],
    "masked steps": ["masking", "flatten"],
    "frozen": ["flatten", {**HIDDEN, "trainable": False}],
}
LEARNED = {
    "categorical": (CROSS, 5, lambda rng, n: rng.integers(0, 5, n)),
    "many classes": (CROSS, 30, lambda rng, n: rng.integers(0, 30, n)),
    "binary": (BITS, 1, lambda rng, n: rng.integers(0, 2, n)),
    "mse": ("mse", 3, lambda rng, n: rng.standard_normal((n, 3))),
    "mse of one": ("mse", 1, lambda rng, n: rng.standard_normal(n)),
}
OTHERWISE = {
    "weighted samples": (CROSS, 5, lambda rng, n: rng.integers(0, 5, n), lambda rng, n: rng.random(n)),
    "smoothing": ({**CROSS, "label_smoothing": 0.1}, 5, lambda rng, n: rng.integers(0, 5, n), None),
    "ignored": ({**CROSS, "ignore_class": 2}, 5, lambda rng, n: rng.integers(0, 5, n), None),
    "probabilities": ("categorical_crossentropy", 5, lambda rng, n: rng.integers(0, 5, n), None),
    "shares": (CROSS, 5, lambda rng, n: rng.dirichlet(np.ones(5), n), None),
    "several bits": (BITS, 4, lambda rng, n: rng.integers(0, 2, (n, 4)).astype(float), None),
    "classes as numbers": ("mse", 5, lambda rng, n: rng.integers(0, 5, n), None),
    "another loss": ("mae", 3, lambda rng, n: rng.standard_normal((n, 3)), None),
}


def learned(model, loss, theta, x, y, weight):
    """Losses, gradients, predictions, and how many samples count, of the second of two batches in the same memory."""
    lane = Lane(
        model, loss, theta, model.buffers.zeros(model.dtype), grad=model.layout.zeros(model.dtype),
        rng=np.random.default_rng(0), flow=Flow(),
    )
    for size in (len(x), len(x) - 3):
        lane.run(x[:size], y[:size], weight[:size] if isinstance(weight, np.ndarray) else weight)
    return lane.losses.copy(), lane.grad.copy(), lane.y_pred.copy(), np.array(lane.terms)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("name", [*LEARNED, *OTHERWISE])
def test_a_chain_with_its_loss_gives_what_both_give(name, before, dtype, monkeypatch):
    loss, units, targets, weights = (*LEARNED[name], None) if name in LEARNED else OTHERWISE[name]
    layers = [*BEFORE[before], {**HIDDEN, "units": 20}, {**OUT, "units": units}]
    model = Model([from_yaml(Layer, layer) for layer in layers], (4, 5), dtype=dtype)
    theta, _ = model.initialize(np.random.default_rng(0))
    rng, n = np.random.default_rng(1), 40
    x, y = rng.standard_normal((n, 4, 5)).astype(dtype), targets(rng, n)
    y = y.astype(np.intp if y.dtype.kind == "i" else dtype)
    weight = 1 / n if weights is None else weights(rng, n).astype(dtype)
    loss = from_yaml(Loss, loss)
    together = []
    monkeypatch.setattr(
        dense_chain, "learner", lambda *args: noting(learner(*args), together) if learner(*args) else None,
    )
    whole = learned(model, loss, theta, x, y, weight)
    assert any(together) == all(together) == (name in LEARNED) if together else name not in LEARNED
    monkeypatch.setattr(model_module, "FUSIONS", ())
    for mine, plain in zip(whole, learned(model, loss, theta, x, y, weight), strict=True):
        if choice.in_use() == "numpy":
            assert np.array_equal(mine, plain)
        else:
            np.testing.assert_allclose(mine, plain, rtol=0, atol=3e3 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LEARNED)
def test_a_chain_that_ends_in_a_relu_learns_with_its_loss_too(name, dtype, monkeypatch):
    loss, units, targets = LEARNED[name]
    layers = [{**HIDDEN, "units": 20}, {**OUT, "units": units, "activation": "relu"}]
    model = Model([from_yaml(Layer, layer) for layer in layers], (6,), dtype=dtype)
    theta, _ = model.initialize(np.random.default_rng(0))
    rng, n = np.random.default_rng(1), 40
    x, y = rng.standard_normal((n, 6)).astype(dtype), targets(rng, n)
    y = y.astype(np.intp if y.dtype.kind == "i" else dtype)
    whole = learned(model, from_yaml(Loss, loss), theta, x, y, 1 / n)
    monkeypatch.setattr(model_module, "FUSIONS", ())
    for mine, plain in zip(whole, learned(model, from_yaml(Loss, loss), theta, x, y, 1 / n), strict=True):
        np.testing.assert_allclose(mine, plain, rtol=0, atol=3e3 * np.finfo(dtype).eps)


@pytest.mark.parametrize("labels", [3, 7])
def test_as_many_labels_as_samples_are_asked_for(labels):
    model = Model([from_yaml(Layer, OUT)], (4,))
    theta, _ = model.initialize(np.random.default_rng(0))
    with pytest.raises(ValueError, match="broadcast"):
        learned(model, from_yaml(Loss, CROSS), theta, np.zeros((8, 4), np.float32), np.zeros(labels, np.intp), 0.1)


def noting(learn, found):
    """Notes of every batch whether it was done."""
    def noted(*args):
        ended = learn(*args)
        found.append(ended is not None)
        return ended

    return noted


@pytest.mark.parametrize("layers", [
    [HIDDEN, OUT], ["flatten", OUT], [{"type": "conv1d", "filters": 3, "kernel_size": 2}, HIDDEN, OUT],
], ids=["mlp", "images", "steps"])
def test_a_chain_with_a_softmax_predicts_what_both_give(layers, monkeypatch):
    model = Model([from_yaml(Layer, layer) for layer in layers], (4, 5), link=from_yaml(Layer, "softmax"))
    theta, buffers = model.initialize(np.random.default_rng(0))
    x = np.random.default_rng(1).standard_normal((30, 4, 5)).astype(np.float32)
    through = Pass(model, theta, buffers)
    assert through.passage.with_link(model.link) is not None
    fused = [through.predict(x[:size]).copy() for size in (30, 1, 7)]
    monkeypatch.setattr(model_module, "FUSIONS", ())
    through = Pass(model, theta, buffers)
    assert through.passage.with_link(model.link) is None
    for found, size in zip(fused, (30, 1, 7), strict=True):
        expected = through.predict(x[:size])
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 if choice.in_use() == "numba" else 0)


def _made(layers, in_shape):
    model = Model([from_yaml(Layer, layer) for layer in layers], in_shape)
    return model, *model.initialize(np.random.default_rng(0))
