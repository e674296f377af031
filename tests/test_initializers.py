"""Initializers: moments, bounds, and what cannot work."""

from math import sqrt

import numpy as np
import pytest
from pydantic import ValidationError

from dlcli import registry
from dlcli.core.component import from_yaml
from dlcli.core.initializer import Initializer
from dlcli.errors import ShapeError

FAN_IN, FAN_OUT = 300, 500


def draw(keys, shape=(FAN_IN, FAN_OUT), seed=0):
    return from_yaml(Initializer, keys).draw(shape, np.random.default_rng(seed))


@pytest.mark.parametrize(("name", "variance"), [
    ("glorot", 2 / (FAN_IN + FAN_OUT)), ("he", 2 / FAN_IN), ("lecun", 1 / FAN_IN),
])
def test_named_scalings_have_their_variance_and_bounds(name, variance):
    uniform, normal = draw(f"{name}_uniform"), draw(f"{name}_normal")
    for values in (uniform, normal):
        assert abs(values.mean()) < 4 * sqrt(variance / values.size)
        np.testing.assert_allclose(values.var(), variance, rtol=0.02)
    assert np.abs(uniform).max() <= sqrt(3 * variance)
    assert np.abs(normal).max() <= 2 * sqrt(variance) / 0.8796
    assert np.abs(normal).max() > 1.9 * sqrt(variance) / 0.8796


@pytest.mark.parametrize(("mode", "fan"), [("fan_in", FAN_IN), ("fan_out", FAN_OUT), ("fan_avg", 400)])
@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform"])
def test_variance_scaling(mode, fan, distribution):
    values = draw({"type": "variance_scaling", "scale": 3.0, "mode": mode, "distribution": distribution})
    np.testing.assert_allclose(values.var(), 3 / fan, rtol=0.02)


def test_fans_of_a_convolution_count_its_window():
    values = draw("he_uniform", (3, 3, 64, 32))
    np.testing.assert_allclose(values.var(), 2 / (9 * 64), rtol=0.05)


@pytest.mark.parametrize(("keys", "mean", "stddev"), [
    ("random_normal", 0, 0.05), ({"type": "random_normal", "mean": 1.0, "stddev": 2.0}, 1, 2),
    ("random_uniform", 0, 0.1 / sqrt(12)), ({"type": "random_uniform", "minval": 1.0, "maxval": 3.0}, 2, 2 / sqrt(12)),
    ("truncated_normal", 0, 0.05 * 0.8796), ({"type": "truncated_normal", "mean": 5.0, "stddev": 1.0}, 5, 0.8796),
])
def test_plain_distributions(keys, mean, stddev):
    values = draw(keys)
    np.testing.assert_allclose(values.mean(), mean, atol=5 * stddev / sqrt(values.size))
    np.testing.assert_allclose(values.std(), stddev, rtol=0.01)


def test_fixed_values():
    assert not draw("zeros").any()
    assert (draw("ones") == 1).all()
    assert (draw({"type": "constant", "value": -2.5}) == -2.5).all()
    assert np.array_equal(draw({"type": "identity", "gain": 3.0}, (2, 3)), [[3, 0, 0], [0, 3, 0]])


@pytest.mark.parametrize("shape", [(40, 40), (50, 20), (20, 50), (3, 3, 4, 20)])
def test_orthogonal_rows_or_columns(shape):
    W = draw({"type": "orthogonal", "gain": 2.0}, shape).reshape(-1, shape[-1])
    product = W.T @ W if W.shape[0] >= W.shape[1] else W @ W.T
    np.testing.assert_allclose(product, 4 * np.eye(min(W.shape)), atol=1e-12)


@pytest.mark.parametrize("name", ["identity", "orthogonal"])
def test_matrices_are_refused_for_a_bias_before_any_memory_is_taken(name):
    with pytest.raises(ShapeError, match=r"shape \(5,\)"):
        registry.get("initializers", name)().check((5,))


@pytest.mark.parametrize("name", registry.names("initializers"))
def test_same_stream_same_values(name):
    first, second = draw(name, (6, 6), seed=1), draw(name, (6, 6), seed=1)
    assert first.dtype == np.float64 and np.array_equal(first, second)


@pytest.mark.parametrize("keys", [
    {"type": "variance_scaling", "mode": "fan_sum"}, {"type": "random_normal", "stddev": -1.0},
    {"type": "constant", "value": "a"},
])
def test_wrong_keys(keys):
    with pytest.raises(ValidationError):
        from_yaml(Initializer, keys)
