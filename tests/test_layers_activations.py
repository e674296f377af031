"""Activations at extreme values and at their edges, and erf itself."""

import math

import by_hand
import numpy as np
import pytest

from dlcli import registry
from dlcli.core.activation import Activation
from dlcli.kernels import gelu
from dlcli.kernels.erf import BLOCK, erf, work_shape

SMOOTH = ("sigmoid", "tanh", "elu", "gelu", {"type": "gelu", "approximate": True}, "softplus", "softmax")
ALL = (*SMOOTH, "linear", "relu", "leaky_relu", "step")


@pytest.mark.parametrize("keys", ALL, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_values_stay_finite_and_silent(keys, dtype):
    made = by_hand.layer(keys)
    x = np.array([[-1e4, -800, -100, -88, -1e-30, 0, 1e-30, 88, 100, 800, 1e4]], dtype)
    ctx = by_hand.context(dtype=dtype)
    y = made.forward(ctx, x)
    dx = made.backward(ctx, np.ones_like(x))
    assert y.dtype == dx.dtype == np.dtype(dtype)
    assert np.isfinite(y).all() and np.isfinite(dx).all()


def test_saturated_ends_are_exact():
    x = np.array([[-1e4, 1e4]], np.float32)
    ends = {"sigmoid": (0, 1), "tanh": (-1, 1), "elu": (-1, 1e4), "gelu": (0, 1e4), "softplus": (0, 1e4)}
    for name, expected in ends.items():
        y = by_hand.layer(name).forward(by_hand.context(dtype="float32"), x)
        np.testing.assert_allclose(y[0], expected, atol=1e-37, err_msg=name)


def test_sigmoid_keeps_small_probabilities():
    x = np.array([[-80.0, -50.0, -20.0]], np.float32)
    y = by_hand.layer("sigmoid").forward(by_hand.context(dtype="float32"), x)
    np.testing.assert_allclose(y[0], [math.exp(v) for v in x[0]], rtol=1e-5)


def test_elu_is_exact_near_zero():
    x = np.array([[-1e-6, -1e-3, -0.1]], np.float32)
    y = by_hand.layer("elu").forward(by_hand.context(dtype="float32"), x)
    np.testing.assert_allclose(y[0], [math.expm1(v) for v in x[0].tolist()], rtol=3e-7)


def test_derivatives_at_zero():
    at_zero = {
        "relu": 0, "step": 0, "leaky_relu": 0.3, "softplus": 0.5, "gelu": 0.5, "elu": 1, "tanh": 1, "sigmoid": 0.25,
    }
    for name, expected in at_zero.items():
        made, ctx = by_hand.layer(name), by_hand.context()
        made.forward(ctx, np.zeros((1, 1)))
        np.testing.assert_allclose(made.backward(ctx, np.ones((1, 1))), expected, err_msg=name)


def test_step_is_zero_at_zero():
    y = by_hand.layer("step").forward(by_hand.context(), np.array([[-1.0, 0.0, 1e-300]]))
    assert y.tolist() == [[0, 0, 1]]


@pytest.mark.parametrize("keys", ALL, ids=str)
def test_second_pass_allocates_no_array(keys):
    made, ctx = by_hand.layer(keys), by_hand.context(dtype="float32")
    x = np.random.default_rng(0).standard_normal((64, 512), dtype=np.float32)
    peak = by_hand.peak_of(lambda: made.backward(ctx, made.forward(ctx, x)))
    assert peak < by_hand.UFUNC_BUFFER < x.nbytes / 2


def test_erf_agrees_with_the_standard_library():
    x = np.concatenate([np.linspace(-30, 30, 20_001), np.linspace(-6, 6, 60_001)])
    assert x.size > BLOCK
    y = erf(x, out=np.empty_like(x), work=np.empty(work_shape(x.size)))
    exact = np.array([math.erf(v) for v in x.tolist()])
    assert np.abs(y - exact).max() < 1.3e-15
    assert np.abs(y).max() == 1
    small = np.array([1e-300, 1e-30, 1e-9, -1e-3])
    y = erf(small, out=np.empty_like(small), work=np.empty(work_shape(4)))
    np.testing.assert_allclose(y, [math.erf(v) for v in small.tolist()], rtol=1.3e-15)


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-14), ("float32", 6e-7)])
def test_gelu_and_its_slope_agree_with_the_standard_library(dtype, bound):
    x = np.concatenate([np.linspace(-30, 30, 20_001), np.linspace(-6, 6, 90_001), [-1e30, 1e30]]).astype(dtype)
    assert x.size > gelu.BLOCK
    y, slope = np.empty_like(x), np.empty_like(x)
    gelu.gelu(x, out=y, slope=slope, work=np.empty(gelu.work_shape(x.size), dtype))
    wide = x.astype(np.float64)
    share = np.array([math.erfc(-v * math.sqrt(0.5)) / 2 for v in wide.tolist()])
    np.testing.assert_allclose(y, wide * share, rtol=bound, atol=bound)
    derivative = share + wide * np.exp(-wide * wide / 2) / math.sqrt(2 * math.pi)
    np.testing.assert_allclose(slope, derivative, rtol=0, atol=bound)
    alone = gelu.gelu(x, out=np.empty_like(x), slope=None, work=np.empty(gelu.work_shape(x.size), dtype))
    np.testing.assert_allclose(alone, y, rtol=bound, atol=bound)
    assert np.isnan(gelu.gelu(np.array([np.nan], dtype), out=y[:1], slope=None, work=np.empty((4, 1), dtype)))


@pytest.mark.parametrize("classes", [3, 20, 21, 100])
def test_softmax_by_columns_and_by_rows_agree(classes):
    x = np.random.default_rng(0).standard_normal((7, classes))
    y = by_hand.layer("softmax").forward(by_hand.context(), x)
    powers = np.exp(x)
    np.testing.assert_allclose(y, powers / powers.sum(axis=1, keepdims=True), rtol=1e-13)


@pytest.mark.parametrize("shape", [(3, 5), (64, 512), (2, 3, 16_384)], ids=str)
def test_relu_in_blocks_and_of_views_is_plain_relu(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    made, ctx = by_hand.layer("relu"), by_hand.context()
    for given in (x, x.swapaxes(0, 1), -x):
        assert np.array_equal(made.forward(ctx, given), np.where(given > 0, given, 0))


def test_relu_lets_nan_through():
    assert np.isnan(by_hand.layer("relu").forward(by_hand.context(), np.array([[np.nan]]))).all()


EVERY = [name for name in registry.names("layers") if issubclass(registry.get("layers", name), Activation)]


@pytest.mark.parametrize("name", EVERY)
def test_an_activation_says_whether_it_works_number_by_number(name):
    made, x = by_hand.layer(name), np.random.default_rng(0).standard_normal((2, 5))
    other = x.copy()
    other[:, 0] += 0.5
    y, changed = (made.forward(by_hand.context(), z).copy() for z in (x, other))
    assert np.array_equal(y[:, 1:], changed[:, 1:]) is made.elementwise
