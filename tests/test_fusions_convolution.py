"""A convolution with what follows it, worked as one, gives what its layers give one after the other."""

import numpy as np
import pytest

from dlcli import model as model_module
from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.fusions.convolution_block import ConvolutionBlock
from dlcli.model import Model, Pass

CONV = {"type": "conv2d", "filters": 5, "kernel_size": 3, "activation": "relu"}
WIDE = {**CONV, "filters": 24}
PLAIN = {key: value for key, value in WIDE.items() if key != "activation"}
POOL = {"type": "max_pooling2d"}
BLOCKS = {
    "pool and relu": ([CONV, POOL], (7, 8, 3), 1),
    "pool and relu, tiles": ([WIDE, POOL], (9, 8, 16), 1),
    "relu": ([CONV], (7, 8, 3), 1),
    "relu, tiles": ([{**WIDE, "padding": "same"}], (5, 6, 16), 1),
    "pool": ([PLAIN, POOL, "tanh"], (7, 8, 3), 2),
    "pool, tiles": ([PLAIN, POOL], (6, 6, 24), 1),
    "no bias": ([{**CONV, "use_bias": False}, POOL], (7, 8, 3), 1),
    "strides": ([{**CONV, "strides": 2, "padding": "same"}, POOL], (9, 8, 3), 1),
    "one pixel": ([{**CONV, "kernel_size": 1}, POOL], (4, 5, 3), 1),
    "another pooling": ([CONV, {**POOL, "pool_size": 3, "strides": 2}], (9, 8, 3), 3),
    "same pooling of even images": ([{**CONV, "padding": "same"}, {**POOL, "padding": "same"}], (4, 6, 3), 1),
    "same pooling of odd images": ([{**CONV, "padding": "same"}, {**POOL, "padding": "same"}], (5, 7, 3), 3),
    "groups": ([{**WIDE, "groups": 2}, POOL], (6, 6, 32), 3),
    "another activation": ([{**CONV, "activation": "leaky_relu"}, POOL], (6, 6, 3), 3),
    "one after the other": ([CONV, POOL, WIDE, POOL, "flatten", {"type": "dense", "units": 3}], (12, 11, 1), 3),
    "in a composite": ([{"type": "sequential", "layers": [CONV, POOL]}, "flatten"], (6, 6, 2), 2),
    "frozen": ([{**CONV, "trainable": False}, POOL, WIDE], (12, 11, 1), 2),
    "cropped": ([{"type": "cropping2d", "cropping": 1}, CONV, POOL, {"type": "cropping2d", "cropping": 1}],
                (11, 10, 2), 3),
}


def results(model, theta, *, training=True, input_gradient=True):
    """y, gradients and dx of batches of several sizes, one after the other in the same memory."""
    rng = np.random.default_rng(1)
    through = Pass(model, theta, model.buffers.zeros(model.dtype), training=training, input_gradient=input_gradient)
    found = []
    for size in (3, 20, 1, 3):
        y = through.forward(rng.standard_normal((size, *model.in_shape)).astype(model.dtype)).copy()
        through.grad[:] = 7
        dx = through.backward(rng.standard_normal(y.shape).astype(model.dtype))
        found += [y, through.grad.copy(), np.empty(0) if dx is None else dx.copy()]
    return found, through.passage


def made(name, dtype="float32"):
    layers, in_shape, _ = BLOCKS[name]
    model = Model([from_yaml(Layer, layer) for layer in layers], in_shape, dtype=dtype)
    theta, _ = model.initialize(np.random.default_rng(0))
    theta += np.random.default_rng(2).standard_normal(theta.shape).astype(dtype) / 10  # biases are not zero
    return model, theta


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("ways", [{}, {"training": False}, {"input_gradient": False}], ids=str)
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_gives_what_its_layers_give(name, ways, dtype, monkeypatch):
    model, theta = made(name, dtype)
    fused, passage = results(model, theta, **ways)
    assert len(passage) == BLOCKS[name][2]
    monkeypatch.setattr(model_module, "FUSIONS", ())
    for mine, plain in zip(fused, results(model, theta, **ways)[0], strict=True):
        np.testing.assert_allclose(mine, plain, rtol=0, atol=2e3 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", ["pool and relu", "pool and relu, tiles", "relu", "relu, tiles"])
def test_what_is_not_a_number_goes_on(name):
    model, theta = made(name)
    x = np.ones((2, *model.in_shape), np.float32)
    x[1, 2, 2, 0] = np.nan
    for training in (False, True):
        y = Pass(model, theta, model.buffers.zeros(model.dtype), training=training).forward(x)
        assert np.isfinite(y[0]).all()
        assert np.isnan(y[1, 1, 1]).all()


def test_the_first_of_equal_numbers_gets_the_gradient():
    model, theta = made("pool")
    theta[:] = 0
    through = Pass(model, theta, model.buffers.zeros(model.dtype), training=True)
    x = np.zeros((1, *model.in_shape), np.float32)
    x[0, 1, 1, 0] = 1  # the middle of the first window, the corner of the next ones
    y = through.forward(x)
    through.backward(np.ones_like(y))
    grad = model.layout.views(through.grad)["conv2d/kernel"][..., 0, 0]
    assert np.array_equal(grad, [[0, 0, 0], [0, 1, 0], [0, 0, 0]])


def test_windows_are_computed_as_exactly_as_one_by_one():
    rng = np.random.default_rng(0)
    model, theta = made("pool, tiles")
    x = rng.standard_normal((40, *model.in_shape)).astype(np.float32)
    W, b = (model.layout.views(theta.astype(np.float64))[f"conv2d/{name}"] for name in ("kernel", "bias"))
    views = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), (3, 3), axis=(1, 2))
    z = np.einsum("npqcij,ijcf->npqf", views, W) + b
    expected = z.reshape(40, 2, 2, 2, 2, -1).max(axis=(2, 4))
    y = Pass(model, theta, model.buffers.zeros(model.dtype)).forward(x)
    np.testing.assert_allclose(y, expected, rtol=0, atol=3e-6 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["pool and relu", "relu, tiles"])
def test_no_images_give_no_gradient(name):
    model, theta = made(name)
    through = Pass(model, theta, model.buffers.zeros(model.dtype), training=True, input_gradient=True)
    y = through.forward(np.empty((0, *model.in_shape), np.float32))
    through.grad[:] = 7
    assert through.backward(y).shape == (0, *model.in_shape)
    assert not through.grad.any()


def test_only_what_it_can_do_is_taken():
    model, _ = made("groups")
    assert ConvolutionBlock.takes(model.nodes) == 0
    assert ConvolutionBlock.takes(made("pool and relu")[0].nodes) == 3
    assert ConvolutionBlock.takes(made("relu")[0].nodes) == 2
