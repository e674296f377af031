"""Labels that count for nothing, margins, and what weighs hard samples."""


import by_hand
import numpy as np
import pytest
from contracts.training import trainer

from dlcli.core.context import Context, Flow
from dlcli.core.plan import Plan
from dlcli.core.target import Target
from dlcli.errors import ShapeError
from dlcli.losses.categorical_crossentropy import CategoricalCrossentropy
from dlcli.model import Pass

CROSS = {"type": "categorical_crossentropy", "from_logits": True}


def context(shape):
    return Context(
        plan=Plan(out_shape=shape), params={}, grads={}, buffers={}, dtype=np.dtype("float64"), training=True,
        needs_dx=True, rng=None, flow=Flow(),
    )


@pytest.mark.parametrize("ignored", [-1, 0, 2, -100])
@pytest.mark.parametrize("from_logits", [True, False])
def test_ignored_positions_count_for_nothing(ignored, from_logits):
    rng = np.random.default_rng(0)
    y_pred, y = rng.uniform(0.1, 0.9, (3, 5, 4)), rng.integers(0, 4, (3, 5))
    y[0, 3:] = y[2] = ignored
    keys = {**CROSS, "from_logits": from_logits, "ignore_class": ignored}
    losses, gradient = by_hand.loss_and_gradient(keys, y_pred, y, 0.5)
    counts = y != ignored
    kept = y_pred[counts], y[counts]
    alone, alone_gradient = by_hand.loss_and_gradient({**keys, "ignore_class": None}, *kept, 0.5 / 5)
    assert losses.sum() * 5 == pytest.approx(alone.sum(), rel=1e-12)
    np.testing.assert_allclose(gradient[counts], alone_gradient, rtol=1e-12)
    assert not gradient[~counts].any() and losses[2] == 0
    for labels in (y, np.eye(4)[y]) if ignored >= 0 else (y,):
        ctx = context((5, 4))
        by_hand.loss(keys).forward(ctx, y_pred, labels)
        assert ctx.terms == pytest.approx(counts.sum() / 5) and np.array_equal(ctx.passed_over, ~counts)


def test_mean_over_batches_is_that_over_all_positions_that_count():
    """Whatever share of a batch is padding: the gradient of a step is that of its other positions alone."""
    found = []
    for red_is_padding in (True, False):
        course = trainer(epochs=None, steps=1, count=12, batch_size=12, shuffle=False, optimizer="sgd")
        rows = course.train.split.rows
        loss = CategoricalCrossentropy(from_logits=True, ignore_class=0 if red_is_padding else None)
        if not red_is_padding:
            rows = rows[course.train.split.y[rows] != 0]
        found.append(gradient_of(course, loss, rows))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-10, atol=1e-14)


def gradient_of(course, loss, rows):
    """The gradient of the mean loss over `rows`, without dropout, weighted as the training loop does."""
    through, ctx = Pass(course.model, course.theta, course.buffers), context(course.model.out_shape)
    x, y = course.train.take(rows)
    loss.forward(ctx, through.forward(x), y)
    through.backward(loss.backward(ctx, 1 / ctx.terms))
    return through.grad.copy()


def test_a_batch_in_which_nothing_counts_moves_nothing():
    nothing = CategoricalCrossentropy(from_logits=True, ignore_class=0)
    course = trainer(epochs=None, steps=3, optimizer="sgd", loss=nothing)
    course.train.split.y[:40] = 0
    before = course.theta.copy()
    course.run()
    moved = course.recipe.model.layout.views(course.theta - before)
    assert np.isfinite(course.theta).all()
    assert not moved["dense_1/kernel"].any() and not moved["dense_1/bias"].any()


@pytest.mark.parametrize("name", ["hinge", "squared_hinge"])
def test_labels_of_a_margin_are_zero_and_one_or_minus_one_and_one(name):
    z, y = np.linspace(-2, 2, 8)[:, None], np.array([0, 1] * 4)
    found = by_hand.loss_and_gradient(name, z, y)
    for a, b in zip(found, by_hand.loss_and_gradient(name, z, 2 * y - 1), strict=True):
        assert np.array_equal(a, b)
    made, ctx = by_hand.loss({"type": name, "from_logits": True}), by_hand.context()
    made.forward(ctx, z, y)
    assert ctx.predictions.ravel().tolist() == (z > 0).ravel().tolist()


@pytest.mark.parametrize("name", ["binary_focal_crossentropy", "categorical_focal_crossentropy"])
def test_focal_losses_look_at_hard_samples_and_are_crossentropy_without_gamma(name):
    z = np.array([[6.0, -6.0], [0.1, 0.0]])
    y = np.array([[1, 0], [1, 0]]) if name.startswith("binary") else np.array([0, 0])
    focal = {"type": name, "from_logits": True}
    if name.startswith("categorical"):
        focal["alpha"] = 1.0
    plain = by_hand.loss_and_gradient({"type": name.replace("_focal", ""), "from_logits": True}, z, y)
    for a, b in zip(by_hand.loss_and_gradient({**focal, "gamma": 0.0}, z, y), plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    losses, gradient = by_hand.loss_and_gradient(focal, z, y)
    assert losses[0] / losses[1] < 1e-3 * plain[0][0] / plain[0][1] and np.isfinite(gradient).all()


@pytest.mark.parametrize("name", ["binary_focal_crossentropy", "categorical_focal_crossentropy"])
@pytest.mark.parametrize("gamma", [0.0, 0.3, 2.0])
def test_certain_focal_predictions_stay_finite(name, gamma):
    z = np.array([[1e4, -1e4], [-1e4, 1e4]], np.float32)
    y = np.array([[1, 0], [1, 0]]) if name.startswith("binary") else np.array([0, 0])
    losses, gradient = by_hand.loss_and_gradient({"type": name, "from_logits": True, "gamma": gamma}, z, y)
    assert np.isfinite(losses).all() and np.isfinite(gradient).all() and losses[0] == 0 and losses[1] > 1000


def test_huge_errors_do_not_overflow_log_cosh():
    losses, gradient = by_hand.loss_and_gradient("log_cosh", np.array([[1e30]], np.float32), np.zeros((1, 1)))
    assert losses[0] == np.float32(1e30) and gradient[0, 0] == 1


def test_keras_names_are_accepted():
    assert by_hand.loss({"type": "sparse_categorical_crossentropy", "ignore_class": -1}) == CategoricalCrossentropy(
        ignore_class=-1,
    )
    assert by_hand.loss("kullback_leibler_divergence") == by_hand.loss("kl_divergence")


@pytest.mark.parametrize(("name", "out_shape", "target", "message", "hint"), [
    ("categorical_hinge", (5,), Target(kind="classes", labels=tuple("abc")), "categorical_hinge needs", "linear"),
    ("categorical_focal_crossentropy", (3,), Target(kind="numbers", shape=(3,)), "targets are numbers", "mse"),
    ("hinge", (2,), Target(kind="classes", labels=tuple("ab")), "hinge needs one output", "activation: step"),
    ("huber", (2,), Target(kind="numbers", shape=(3,)), "3 target number", "3 unit"),
])
def test_outputs_that_do_not_fit_the_targets(name, out_shape, target, message, hint):
    with pytest.raises(ShapeError, match=message) as caught:
        by_hand.loss(name).check(out_shape, target)
    assert hint in caught.value.hint
