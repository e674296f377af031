"""Windows, pooling and normalisation: where borders lie, what is said of shapes, what moves with the batch."""

import by_hand
import numpy as np
import pytest
from pydantic import ValidationError

from dlcli.core.plan import Plan
from dlcli.core.streams import Streams
from dlcli.errors import ShapeError
from dlcli.losses.mse import Mse
from dlcli.model import Model, Pass
from dlcli.train.lanes import Lanes


def run(keys, x, training=False):
    made = by_hand.layer(keys)
    ctx = by_hand.context(made.plan(x.shape[1:]), training=training)
    for value in ctx.params.values():
        value[...] = 1
    return made.forward(ctx, x)


def test_same_padding_puts_the_odd_cell_at_the_end():
    """A window of 2 with stride 2 over 5 steps starts at the first step and sees one cell beyond the last."""
    x = np.array([1.0, 2, 4, 8, 16]).reshape(1, 5, 1)
    keys = {"filters": 1, "kernel_size": 2, "strides": 2, "padding": "same", "use_bias": False}
    assert run({"type": "conv1d", **keys}, x).ravel().tolist() == [3, 12, 16]
    image = x.reshape(1, 1, 5, 1)
    assert run({"type": "conv2d", **keys}, image).ravel().tolist() == [3, 12, 16]
    pool = {"pool_size": 2, "padding": "same"}
    assert run({"type": "max_pooling1d", **pool}, -x).ravel().tolist() == [-1, -4, -16], "no zero from the border"
    assert run({"type": "average_pooling1d", **pool}, x).ravel().tolist() == [1.5, 6, 16], "cells inside alone count"


def test_causal_padding_looks_back_alone():
    x = np.array([1.0, 2, 4, 8]).reshape(1, 4, 1)
    keys = {"type": "conv1d", "filters": 1, "kernel_size": 2, "dilation_rate": 2, "padding": "causal"}
    assert run(keys, x).ravel().tolist() == [2, 3, 6, 11], "a bias of 1, and two steps back"


def test_transposed_same_is_stride_times_as_large():
    y = run({"type": "conv2d_transpose", "filters": 1, "kernel_size": 5, "strides": 2, "padding": "same"},
            np.ones((1, 3, 4, 2)))
    assert y.shape == (1, 6, 8, 1)


@pytest.mark.parametrize("pool", ["max_pooling2d", {"type": "max_pooling2d", "pool_size": [2, 3]}], ids=str)
@pytest.mark.parametrize("training", [False, True])
def test_the_first_of_equal_numbers_gets_the_gradient(pool, training):
    made = by_hand.layer(pool)
    x = np.zeros((1, 2, 6, 1))
    x[0, :, :, 0] = [[0, 1, 2, 0, 1, 0], [1, 0, 2, 0, 0, 1]]
    ctx = by_hand.context(made.plan((2, 6, 1)), training=training)
    y = made.forward(ctx, x)
    dx = made.backward(ctx, np.ones_like(y))
    wanted = np.zeros((2, 6))
    wanted[0, [1, 2, 4] if y.shape[2] == 3 else [2, 4]] = 1
    assert dx[0, :, :, 0].tolist() == wanted.tolist()


def test_an_image_without_channels_is_told_how_to_get_one():
    for keys in ({"type": "conv2d", "filters": 2, "kernel_size": 3}, "max_pooling2d"):
        with pytest.raises(ShapeError, match=r"3 axes, \(height, width, channels\); got \(28, 28\)") as caught:
            by_hand.layer(keys).plan((28, 28))
        assert "{type: reshape, shape: [28, 28, 1]}" in caught.value.hint


@pytest.mark.parametrize(("keys", "shape", "message"), [
    ({"type": "conv2d", "filters": 2, "kernel_size": 5}, (4, 6, 1), "window of 5 x 5 needs .* got 4 x 6"),
    ({"type": "conv2d", "filters": 2, "kernel_size": 3, "dilation_rate": 2}, (4, 6, 1), "5 x 5, its dilation counted"),
    ({"type": "conv1d", "filters": 2, "kernel_size": 5}, (4, 1), "window of 5 needs .* got 4 steps"),
    ({"type": "conv2d", "filters": 2, "kernel_size": 1, "groups": 2}, (4, 4, 3), "multiple of 2 channels .* got 3"),
    ({"type": "conv2d", "filters": 3, "kernel_size": 1, "groups": 2}, (4, 4, 4), "multiple of 2 filters; got 3"),
    ({"type": "conv2d", "filters": 3, "kernel_size": 1}, (4,), "3 axes"),
    ({"type": "conv1d", "filters": 3, "kernel_size": 1}, (4, 4, 4), "2 axes"),
    ("max_pooling2d", (1, 4, 3), "2 x 2 needs .* got 1 x 4"),
    ({"type": "cropping2d", "cropping": 2}, (4, 8, 1), "4 rows and 4 columns off"),
    ({"type": "group_normalization"}, (4, 4, 3), "multiple of 32 channels; got 3"),
    ({"type": "layer_normalization", "axis": 3}, (4, 4), "along 3 needs that axis"),
    ({"type": "prelu", "shared_axes": [3]}, (4, 4), r"axes \[3\]"),
    ({"type": "conv2d_transpose", "filters": 1, "kernel_size": 2, "output_padding": 1}, (2, 2, 1), "below strides"),
])
def test_shapes_that_do_not_fit(keys, shape, message):
    with pytest.raises(ShapeError, match=message) as caught:
        by_hand.layer(keys).plan(shape)
    assert caught.value.hint


@pytest.mark.parametrize("keys", [
    {"type": "conv2d", "filters": 1, "kernel_size": 0}, {"type": "conv2d", "filters": 1, "kernel_size": [3]},
    {"type": "conv2d", "filters": 1, "kernel_size": 3, "strides": 0}, {"type": "max_pooling2d", "pool_size": True},
    {"type": "conv2d", "filters": 1, "kernel_size": 3, "padding": "full"}, {"type": "zero_padding2d", "padding": -1},
    {"type": "group_normalization", "groups": 0}, {"type": "conv1d", "filters": 1, "kernel_size": [3, 3]},
], ids=str)
def test_values_out_of_bounds(keys):
    with pytest.raises(ValidationError) as caught:
        by_hand.layer(keys)
    assert caught.value.error_count() == 1


@pytest.mark.parametrize("value", [1, [1, 1], [[1, 1], [1, 1]], [[1, 1], 1]], ids=str)
def test_borders_in_all_forms(value):
    assert by_hand.layer({"type": "zero_padding2d", "padding": value}).padding == ((1, 1), (1, 1))


def test_batch_normalization_moves_its_mean_and_uses_it_afterwards():
    x = np.random.default_rng(0).normal(3, 2, (50, 4, 3))
    made = by_hand.layer({"type": "batch_normalization", "momentum": 0.9})
    ctx = by_hand.context(made.plan((4, 3)), training=True)
    y = made.forward(ctx, x)
    np.testing.assert_allclose(y.mean((0, 1)), 0, atol=1e-12)
    np.testing.assert_allclose(ctx.buffers["moving_mean"], 0.1 * x.mean((0, 1)), rtol=1e-12)
    np.testing.assert_allclose(ctx.buffers["moving_variance"], 0.9 + 0.1 * x.var((0, 1)), rtol=1e-12)
    ctx.training = False
    moved = (x - ctx.buffers["moving_mean"]) / np.sqrt(ctx.buffers["moving_variance"] + 1e-3)
    np.testing.assert_allclose(made.forward(ctx, x), moved, rtol=1e-12)


@pytest.mark.parametrize("keys", [
    {"type": "batch_normalization", "trainable": False},
    {"type": "sequential", "trainable": False, "layers": ["batch_normalization"]},
])
def test_batch_normalization_keeps_its_mean_where_it_or_a_layer_around_it_is_frozen(keys):
    model = Model([by_hand.layer(keys)], (3,), dtype="float64")
    theta, buffers = model.initialize(np.random.default_rng(0))
    before = buffers.copy()
    x = np.random.default_rng(0).normal(3, 2, (5, 3))
    y = Pass(model, theta, buffers, training=True).forward(x)
    np.testing.assert_allclose(y, x / np.sqrt(1.001), rtol=1e-12)
    assert np.array_equal(buffers, before)


def test_batch_normalization_over_lanes_is_that_over_the_batch():
    rng = np.random.default_rng(0)
    x, y = rng.normal(3, 2, (11, 5, 4, 3)), rng.normal(size=(11, 5, 4, 3))
    found = []
    for count in (1, 3):
        model = Model([by_hand.layer("batch_normalization")] * 2, (5, 4, 3), dtype="float64")
        theta, buffers = model.initialize(np.random.default_rng(0))
        lanes = Lanes(model, Mse(), theta, buffers, count=count, threads=1, streams=Streams(0))
        lanes.run(x, y, 1 / len(x))
        lanes.close()
        found.append((lanes.grad, buffers))
    for alone, together in zip(*found, strict=True):
        np.testing.assert_allclose(alone, together, rtol=1e-9, atol=1e-12)


def test_batch_normalization_survives_a_mean_far_from_zero():
    x = (1000 + np.random.default_rng(0).normal(size=(256, 8, 8, 2))).astype(np.float32)
    made = by_hand.layer("batch_normalization")
    y = made.forward(by_hand.context(made.plan((8, 8, 2)), dtype="float32", training=True), x)
    np.testing.assert_allclose(y.std((0, 1, 2)), 1, rtol=2e-3)


@pytest.mark.parametrize("name", ["spatial_dropout1d", "spatial_dropout2d"])
def test_spatial_dropout_silences_whole_channels(name):
    shape = (200, 5, 40) if name.endswith("1d") else (200, 5, 4, 40)
    y = by_hand.layer({"type": name, "rate": 0.25}).forward(by_hand.context(training=True), np.ones(shape))
    rows = y.reshape(200, -1, 40)
    assert (rows == rows[:, :1]).all()
    assert abs((rows[:, 0] == 0).mean() - 0.25) < 0.03
    assert set(np.unique(rows)) == {0, 1 / 0.75}


def test_gaussian_noise_has_its_size_and_comes_in_training_alone():
    made, x = by_hand.layer({"type": "gaussian_noise", "stddev": 0.5}), np.zeros((300, 300))
    y = made.forward(by_hand.context(training=True), x)
    assert abs(float(y.std()) - 0.5) < 0.01
    assert made.forward(by_hand.context(), x) is x


def test_evaluation_and_training_pool_alike():
    x = np.random.default_rng(0).normal(size=(3, 9, 7, 4))
    made = by_hand.layer("max_pooling2d")
    plan = made.plan((9, 7, 4))
    assert isinstance(plan, Plan)
    one, other = (made.forward(by_hand.context(plan, training=mode), x) for mode in (False, True))
    assert np.array_equal(one, other)


def test_no_input_gradient_is_computed_for_the_first_layer():
    layers = [by_hand.layer({"type": "conv2d", "filters": 2, "kernel_size": 3})]
    model = Model(layers, (6, 6, 1))
    through = Pass(model, *model.initialize(np.random.default_rng(0)), training=True)
    y = through.forward(np.ones((2, 6, 6, 1), np.float32))
    assert through.backward(y.copy()) is None
    assert not any(name[0] == "dx" for name in through.contexts[0]._blocks)
