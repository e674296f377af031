"""Metrics against scikit-learn where it is there, and at their edges."""

import math

import by_hand
import numpy as np
import pytest

from dlcli import registry
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.errors import ShapeError

COUNTING = ("precision", "recall", "f1")


def classes(count):
    return Target(kind="classes", labels=tuple(str(k) for k in range(count)))


def figure(name, y_true, y_pred, *, count, batch=7, losses=None, **keys):
    metric, memory = registry.get("metrics", name)(**keys), Memory(np.dtype("float32"))
    metric.check(classes(count))
    state = metric.start(classes(count))
    losses = np.zeros(len(y_true)) if losses is None else losses
    for start in range(0, len(y_true), batch):
        cut = slice(start, start + batch)
        metric.update(state, memory, y_true=y_true[cut], y_pred=y_pred[cut], losses=losses[cut])
    return metric.result(state)


@pytest.mark.parametrize("name", COUNTING)
@pytest.mark.parametrize(("average", "count"), [
    ("binary", 2), *((average, count) for average in ("macro", "micro", "weighted") for count in (2, 5, 40)),
])
def test_averages_equal_scikit_learn(name, average, count):
    reference = pytest.importorskip("sklearn.metrics", reason="pip install scikit-learn to compare with it")
    rng = np.random.default_rng(count)
    y_true, y_pred = rng.integers(0, count, 45), rng.random((45, count), dtype=np.float32)
    expected = getattr(reference, f"{name}_score")(y_true, y_pred.argmax(axis=1), average=average, zero_division=0)
    for labels in (y_true, np.eye(count)[y_true], y_true.astype(np.uint8)):
        assert math.isclose(figure(name, labels, y_pred, count=count, average=average), expected, rel_tol=1e-12)


@pytest.mark.parametrize("name", COUNTING)
def test_auto_is_binary_for_two_classes_and_macro_for_more(name):
    rng = np.random.default_rng(0)
    for count, average in ((2, "binary"), (3, "macro")):
        y_true, y_pred = rng.integers(0, count, 30), rng.random((30, count))
        assert figure(name, y_true, y_pred, count=count) == figure(name, y_true, y_pred, count=count, average=average)


def test_one_output_is_the_probability_of_class_one():
    y_true, y_pred = np.array([1, 1, 0, 0, 1]), np.array([[0.9], [0.2], [0.7], [0.5], [0.51]])
    assert figure("precision", y_true, y_pred, count=2) == 2 / 3
    assert figure("recall", y_true, y_pred, count=2) == 2 / 3
    assert figure("accuracy", y_true[:, None], y_pred, count=2) == 3 / 5


@pytest.mark.parametrize("name", COUNTING)
def test_a_class_that_is_never_found_scores_zero(name):
    assert figure(name, np.array([1, 1]), np.array([[1.0, 0.0], [1.0, 0.0]]), count=2) == 0


def test_loss_is_the_mean_over_samples_not_over_batches():
    losses = np.arange(10, dtype=np.float32)
    assert figure("loss", np.zeros(10, int), np.zeros((10, 2)), count=2, losses=losses) == 4.5


@pytest.mark.parametrize("name", registry.names("metrics"))
def test_no_batch_no_figure(name):
    metric = registry.get("metrics", name)()
    assert math.isnan(metric.result(metric.start(classes(3))))


@pytest.mark.parametrize("name", (*COUNTING, "accuracy"))
def test_classes_only(name):
    with pytest.raises(ShapeError, match="targets are numbers"):
        registry.get("metrics", name)().check(Target(kind="numbers", shape=(1,)))


def test_binary_average_of_three_classes_is_refused():
    with pytest.raises(ShapeError, match="average: binary"):
        registry.get("metrics", "f1")(average="binary").check(classes(3))


@pytest.mark.parametrize("name", ("accuracy", "f1", "loss"))
@pytest.mark.parametrize("count", [10, 40])
def test_update_allocates_no_array(name, count):
    metric, memory = registry.get("metrics", name)(), Memory(np.dtype("float32"))
    state, rng = metric.start(classes(count)), np.random.default_rng(0)
    batch = {"y_true": rng.integers(0, count, 40_000), "y_pred": rng.random((40_000, count), dtype=np.float32)}
    batch["losses"] = rng.random(40_000, dtype=np.float32)
    assert by_hand.peak_of(lambda: metric.update(state, memory, **batch)) < by_hand.UFUNC_BUFFER
