"""Losses at extreme values, with every form of labels, and what they refuse."""

import by_hand
import numpy as np
import pytest

from dlcli.core.target import Target
from dlcli.errors import DataError, ShapeError
from dlcli.optimizers.sgd import Sgd

TEN = Target(kind="classes", labels=tuple("0123456789"))
TWO = Target(kind="classes", labels=("no", "yes"))
NUMBERS = Target(kind="numbers", shape=(3,))
LOGITS = {"from_logits": True}


@pytest.mark.parametrize("name", ["categorical_crossentropy", "binary_crossentropy"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_logits_stay_finite_and_silent(name, dtype):
    z = np.array([[1e4, -1e4], [-1e4, 1e4], [0, 0], [1e4, 1e4]], dtype)
    y = np.array([[0, 1], [0, 1], [1, 0], [1, 0]])
    losses, dz = by_hand.loss_and_gradient({"type": name, **LOGITS}, z, y)
    assert np.isfinite(losses).all() and np.isfinite(dz).all()
    expected = {"categorical_crossentropy": [2e4, 0, np.log(2), np.log(2)],
                "binary_crossentropy": [1e4, 0, np.log(2), 5e3]}[name]
    np.testing.assert_allclose(losses, expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["categorical_crossentropy", "binary_crossentropy"])
def test_certain_and_wrong_probabilities_are_clipped(name):
    p = np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)
    losses, dp = by_hand.loss_and_gradient(name, p, np.array([[0, 1], [0, 1]]))
    np.testing.assert_allclose(losses, [1.2e-7, 16.0], rtol=0.1)
    assert not dp.any(), "nothing comes through a clip"


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64, np.float32])
def test_integer_and_one_hot_labels_agree(smoothing, from_logits, kind):
    rng = np.random.default_rng(0)
    y_pred, labels = rng.uniform(0.1, 0.9, (6, 4)), rng.integers(0, 4, 6)
    keys = {"type": "categorical_crossentropy", "from_logits": from_logits, "label_smoothing": smoothing}
    weight = rng.random(6)
    losses, gradient = by_hand.loss_and_gradient(keys, y_pred, np.eye(4)[labels], weight)
    for given in (labels.astype(kind), labels.astype(kind)[:, None]):
        other_losses, other_gradient = by_hand.loss_and_gradient(keys, y_pred, given, weight)
        np.testing.assert_allclose(other_losses, losses, rtol=1e-13)
        np.testing.assert_allclose(other_gradient, gradient, rtol=1e-12, atol=1e-16)


def test_batches_of_changing_size_do_not_disturb_each_other():
    made, ctx = by_hand.loss({"type": "categorical_crossentropy", **LOGITS}), by_hand.context()
    rng = np.random.default_rng(0)
    for size in (8, 3, 8, 1, 16, 5):
        z, y = rng.standard_normal((size, 5)), rng.integers(0, 5, size)
        losses = made.forward(ctx, z, y).copy()
        gradient = made.backward(ctx, 1 / size).copy()
        fresh, fresh_gradient = by_hand.loss_and_gradient(made.to_yaml(), z, y, 1 / size)
        assert np.array_equal(losses, fresh) and np.array_equal(gradient, fresh_gradient)


@pytest.mark.parametrize("name", ["mse", "mae", "binary_crossentropy", "perceptron"])
def test_a_vector_of_targets_is_never_broadcast_against_a_column(name):
    rng = np.random.default_rng(0)
    y_pred, y_true = rng.uniform(0.1, 0.9, (5, 1)), rng.integers(0, 2, 5)
    losses, gradient = by_hand.loss_and_gradient(name, y_pred, y_true)
    expected, expected_gradient = by_hand.loss_and_gradient(name, y_pred, y_true[:, None])
    assert losses.shape == (5,) and gradient.shape == (5, 1)
    assert np.array_equal(losses, expected) and np.array_equal(gradient, expected_gradient)


@pytest.mark.parametrize("keys", [
    {"type": "categorical_crossentropy", **LOGITS}, {"type": "binary_crossentropy", **LOGITS}, "binary_crossentropy",
    "mse", "mae", {"type": "perceptron", **LOGITS},
], ids=str)
def test_float32_stays_float32_and_nothing_is_allocated(keys):
    made, ctx = by_hand.loss(keys), by_hand.context(dtype="float32")
    rng = np.random.default_rng(0)
    y_pred = rng.uniform(0.1, 0.9, (40_000, 10)).astype(np.float32)
    labels, bits = rng.integers(0, 10, 40_000), rng.integers(0, 2, (40_000, 10)).astype(np.float32)

    def work():
        losses = made.forward(ctx, y_pred, labels if "categorical" in str(keys) else bits)
        return losses, made.backward(ctx, 1 / 40_000)

    assert all(array.dtype == np.float32 for array in work())
    assert by_hand.peak_of(work) < by_hand.UFUNC_BUFFER


def test_perceptron_with_sgd_is_the_textbook_rule_bit_for_bit():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y, lr = np.array([0, 0, 0, 1]), 0.01
    made, optimizer = by_hand.loss({"type": "perceptron", **LOGITS}), Sgd(learning_rate=lr)
    dense = by_hand.layer({"type": "dense", "units": 1})
    ctx = by_hand.context(dense.plan((2,)), dtype="float32")
    loss_ctx = by_hand.context(dtype="float32")
    theta, w = np.zeros(3, np.float32), np.zeros(3, np.float32)
    ctx.params = {"kernel": theta[:2].reshape(2, 1), "bias": theta[2:]}
    grad = np.zeros(3, np.float32)
    ctx.grads = {"kernel": grad[:2].reshape(2, 1), "bias": grad[2:]}
    for epoch in range(10):
        for i in range(4):
            losses = made.forward(loss_ctx, dense.forward(ctx, x[i:i + 1]), y[i:i + 1])
            assert losses.shape == (1,)
            dense.backward(ctx, made.backward(loss_ctx, 1.0))
            optimizer.step(theta, grad, {}, np.empty((0, 3)), lr=lr, step=epoch * 4 + i + 1, decayed=2)
            prediction = 1 if w[0] * x[i, 0] + w[1] * x[i, 1] + w[2] > 0 else 0
            w += np.float32(lr) * np.float32(y[i] - prediction) * np.append(x[i], np.float32(1))
            assert np.array_equal(theta, w)
    assert [int(w[0] * a + w[1] * b + w[2] > 0) for a, b in x] == y.tolist()


def test_long_names_of_keras_are_accepted():
    assert by_hand.loss("mean_squared_error") == by_hand.loss("mse")
    assert by_hand.loss({"type": "mean_absolute_error"}) == by_hand.loss("mae")
    assert by_hand.loss("mean_squared_error").to_yaml() == {"type": "mse"}


@pytest.mark.parametrize(("name", "out_shape", "target", "message", "hint"), [
    ("categorical_crossentropy", (5,), TEN, r"each of the 10 classes.*shape \(5,\)", "units: 10"),
    ("categorical_crossentropy", (1,), TWO, "each of the 2 classes", "binary_crossentropy"),
    ("categorical_crossentropy", (28, 10), TEN, r"shape \(28, 10\)", "flatten"),
    ("categorical_crossentropy", (3,), NUMBERS, "targets are numbers", "mse"),
    ("binary_crossentropy", (1,), TEN, "two classes apart; the data has 10", "categorical_crossentropy"),
    ("binary_crossentropy", (9,), TEN, "two classes apart; the data has 10", "have 10 outputs"),
    ("binary_crossentropy", (2,), TWO, r"one output, shape \(1,\)", "units: 1, activation: sigmoid"),
    ("binary_crossentropy", (4, 1), TWO, r"shape \(4, 1\)", "flatten"),
    ("binary_crossentropy", (2,), NUMBERS, "3 target number", "3 unit"),
    ("perceptron", (2,), TWO, "one output", "activation: step"),
    ("mse", (2,), NUMBERS, "3 target number", "3 unit"),
    ("mae", (3,), TWO, "1 target number", "1 unit"),
    ("mse", (9,), TEN, "10 classes, whose numbers are but names", r"one output for each class, shape (10,)"),
    ("mse", (1,), TEN, "10 classes, whose numbers are but names", "dataset.task: regression"),
])
def test_outputs_that_do_not_fit_the_targets(name, out_shape, target, message, hint):
    with pytest.raises(ShapeError, match=message) as caught:
        by_hand.loss(name).check(out_shape, target)
    assert hint in caught.value.hint


@pytest.mark.parametrize(("name", "out_shape", "target"), [
    ("categorical_crossentropy", (10,), TEN), ("categorical_crossentropy", (2,), TWO),
    ("binary_crossentropy", (1,), TWO), ("binary_crossentropy", (3,), NUMBERS),
    ("perceptron", (1,), TWO), ("mse", (3,), NUMBERS), ("mse", (1,), TWO), ("mse", (2,), TWO), ("mse", (10,), TEN),
    ("kl_divergence", (10,), TEN), ("binary_crossentropy", (10,), TEN), ("perceptron", (10,), TEN),
])
def test_outputs_that_fit(name, out_shape, target):
    by_hand.loss(name).check(out_shape, target)


@pytest.mark.parametrize("name", ["binary_crossentropy", "binary_focal_crossentropy"])
@pytest.mark.parametrize(("value", "fits"), [(-1.0, False), (1.1, False), (255.0, False), (1 + 1e-6, True)])
def test_targets_that_are_no_probabilities_are_refused(name, value, fits):
    y_pred, y_true = np.full((3, 2), 0.5), np.array([[0.0, 1.0], [0.5, value], [0.2, 0.0]])
    if fits:
        assert np.isfinite(by_hand.loss_and_gradient(name, y_pred, y_true)[0]).all()
        return
    with pytest.raises(DataError, match=f"from 0 to 1; found {value:g}") as caught:
        by_hand.loss_and_gradient(name, y_pred, y_true)
    assert caught.value.where == name and "rescale" in caught.value.hint


def test_padding_among_such_targets_may_be_anything():
    made, ctx = by_hand.loss("binary_crossentropy"), by_hand.context()
    ctx.flow.mask = np.array([[True, False]])
    losses = made.forward(ctx, np.full((1, 2, 1), 0.5), np.array([[[1.0], [-7.0]]])).copy()
    assert losses[0] == pytest.approx(np.log(2) / 2) and made.backward(ctx, 1.0)[0, 1, 0] == 0
