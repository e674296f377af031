"""input, reshape, dropout, activation: shapes, messages, statistics."""

import by_hand
import numpy as np
import pytest
from pydantic import ValidationError

from dlcli.errors import ShapeError


def test_input_of_another_shape_says_both_and_what_to_do():
    with pytest.raises(ShapeError, match=r"expects samples of shape \(3,\); got \(2, 2\)") as caught:
        by_hand.layer({"type": "input", "shape": [3]}).plan((2, 2))
    assert "shape: [2, 2]" in caught.value.hint
    assert caught.value.path == ("shape",)


@pytest.mark.parametrize(("shape", "found"), [([5, -1], "12 is no multiple of 5"), ([2, 5], "that takes 10")])
def test_reshape_that_does_not_fit(shape, found):
    with pytest.raises(ShapeError, match=found):
        by_hand.layer({"type": "reshape", "shape": shape}).plan((3, 4))


@pytest.mark.parametrize("shape", [[-1, -1], [0, 2], [-2]])
def test_reshape_refuses_impossible_shapes(shape):
    with pytest.raises(ValidationError):
        by_hand.layer({"type": "reshape", "shape": shape})


def test_softmax_of_single_numbers_is_refused():
    with pytest.raises(ShapeError, match="axis of classes"):
        by_hand.layer("softmax").plan(())


def test_activation_expands_to_what_it_names():
    made = by_hand.layer({"type": "activation", "activation": "relu"})
    assert [part.type_name() for part in made.expand()] == ["relu"]


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_silences_its_share_and_keeps_the_mean(rate, dtype):
    made, ctx = by_hand.layer({"type": "dropout", "rate": rate}), by_hand.context(dtype=dtype, training=True)
    x = np.ones((500, 400), dtype)
    y = made.forward(ctx, x)
    assert abs(float((y == 0).mean()) - rate) < 0.005  # five standard deviations of 200,000 draws at most
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-6)
    assert np.array_equal(made.backward(ctx, x), y), "the gradient passes the same mask"
    assert not np.array_equal(made.forward(ctx, x), ctx.empty("dx", x.shape)), "every step draws anew"


def test_dropout_is_the_identity_outside_training_and_at_rate_zero():
    x = np.ones((2, 3))
    for rate, training in ((0.5, False), (0.0, True)):
        made, ctx = by_hand.layer({"type": "dropout", "rate": rate}), by_hand.context(training=training)
        assert made.forward(ctx, x) is x
        assert made.backward(ctx, x) is x


def test_dropout_repeats_with_the_same_stream():
    made, x = by_hand.layer({"type": "dropout", "rate": 0.5}), np.ones((20, 20))
    first, second = (made.forward(by_hand.context(training=True, seed=3), x) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("rate", [-0.1, 1.0, "half", True])
def test_dropout_rate_out_of_bounds(rate):
    with pytest.raises(ValidationError):
        by_hand.layer({"type": "dropout", "rate": rate})
