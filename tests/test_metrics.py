"""Metrics against scikit-learn where it is there, and at their edges."""

import math

import by_hand
import numpy as np
import pytest

from dlcli import registry
from dlcli.core.memory import Memory
from dlcli.core.metric import StreamingMetric
from dlcli.core.target import Target
from dlcli.errors import ShapeError

COUNTING = ("precision", "recall", "f1")
SUMS = [name for name in registry.names("metrics") if issubclass(registry.get("metrics", name), StreamingMetric)]


def classes(count):
    return Target(kind="classes", labels=tuple(str(k) for k in range(count)))


def figure(name, y_true, y_pred, *, count, batch=7, losses=None, **keys):
    metric, memory = registry.get("metrics", name)(**keys), Memory(np.dtype("float32"))
    metric.check(classes(count))
    if not isinstance(metric, StreamingMetric):
        return metric.compute(y_true, y_pred)
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


@pytest.mark.parametrize("name", SUMS)
def test_no_batch_no_figure(name):
    metric = registry.get("metrics", name)()
    assert math.isnan(metric.result(metric.start(classes(3))))


OF_CLASSES = (
    *COUNTING, "accuracy", "average_precision", "balanced_accuracy", "brier_score", "cohen_kappa",
    "expected_calibration_error", "log_loss", "matthews_correlation", "perplexity", "roc_auc",
    "top_k_categorical_accuracy",
)


@pytest.mark.parametrize("name", OF_CLASSES)
def test_classes_only(name):
    with pytest.raises(ShapeError, match="targets are numbers"):
        registry.get("metrics", name)().check(Target(kind="numbers", shape=(1,)))


def test_binary_average_of_three_classes_is_refused():
    with pytest.raises(ShapeError, match="average: binary"):
        registry.get("metrics", "f1")(average="binary").check(classes(3))


@pytest.mark.parametrize("name", ("accuracy", "f1", "loss", "log_loss", "brier_score"))
@pytest.mark.parametrize("count", [10, 40])
def test_update_allocates_no_array(name, count):
    metric, memory = registry.get("metrics", name)(), Memory(np.dtype("float32"))
    state, rng = metric.start(classes(count)), np.random.default_rng(0)
    batch = {"y_true": rng.integers(0, count, 40_000), "y_pred": rng.random((40_000, count), dtype=np.float32)}
    batch["losses"] = rng.random(40_000, dtype=np.float32)
    assert by_hand.peak_of(lambda: metric.update(state, memory, **batch)) < by_hand.UFUNC_BUFFER


@pytest.mark.parametrize("name", ("mae", "mape", "mse", "r2", "rmse"))
def test_numbers_only(name):
    with pytest.raises(ShapeError, match="targets are classes"):
        registry.get("metrics", name)().check(classes(3))


# Of classes 0, 1, 2 there are 4, 2, 1 samples; 3, 1, 0 of them are found; 5, 2, 0 are predicted.
Y_TRUE = np.array([0, 0, 0, 0, 1, 1, 2])
Y_PRED = np.array([
    [0.8, 0.1, 0.1], [0.5, 0.3, 0.2], [0.6, 0.2, 0.2], [0.2, 0.5, 0.3], [0.1, 0.7, 0.2], [0.6, 0.1, 0.3],
    [0.4, 0.35, 0.25],
])


@pytest.mark.parametrize(("name", "keys", "expected"), [
    ("accuracy", {}, 4 / 7),
    ("balanced_accuracy", {}, (3 / 4 + 1 / 2 + 0) / 3),
    ("matthews_correlation", {}, (4 * 7 - (5 * 4 + 2 * 2)) / math.sqrt((49 - 29) * (49 - 21))),
    ("cohen_kappa", {}, (4 * 7 - 24) / (49 - 24)),
    ("log_loss", {}, -sum(map(math.log, (0.8, 0.5, 0.6, 0.2, 0.7, 0.1, 0.25))) / 7),
    ("brier_score", {}, (0.06 + 0.38 + 0.24 + 0.98 + 0.14 + 1.26 + 0.845) / 7),
    ("expected_calibration_error", {"bins": 2}, (abs(1 - 1.4) + abs(3 - 2.7)) / 7),
    ("roc_auc", {}, (8.5 / 12 + 5.5 / 10 + 4 / 6) / 3),
    ("roc_auc", {"average": "weighted"}, (4 * 8.5 / 12 + 2 * 5.5 / 10 + 4 / 6) / 7),
    ("average_precision", {}, ((1 + 2 / 3 + 3 / 4 + 4 / 6) / 4 + (1 + 2 / 7) / 2 + 1 / 3) / 3),
])
def test_figures_computed_by_hand(name, keys, expected):
    assert figure(name, Y_TRUE, Y_PRED, count=3, **keys) == pytest.approx(expected, rel=1e-14)


def test_of_equal_outputs_the_first_ones_are_the_top():
    y_true, nothing_learned = np.array([0, 1, 2, 3]), np.full((4, 4), 0.25)
    for k in (1, 2, 3):
        assert figure("top_k_categorical_accuracy", y_true, nothing_learned, count=4, k=k) == k / 4
    assert figure("top_k_categorical_accuracy", y_true, np.full((4, 4), np.nan), count=4, k=3) == 0


def test_as_many_top_classes_as_there_are_classes_are_refused():
    with pytest.raises(ShapeError, match="always 1"):
        registry.get("metrics", "top_k_categorical_accuracy")().check(classes(5))


OF_PROBABILITIES = ("log_loss", "brier_score", "expected_calibration_error")


@pytest.mark.parametrize("name", OF_PROBABILITIES)
@pytest.mark.parametrize(
    "wrong", [[2.0, -1.0], [0.9, 0.3], [np.nan, 1.0], [0.0, np.inf], [1.2], [-0.1], [np.nan]], ids=str,
)
def test_outputs_that_are_no_probabilities_give_no_figure_however_few(name, wrong):
    good = np.tile([0.25, 0.75] if len(wrong) == 2 else [0.75], (20, 1))
    y_true = np.ones(20, int)
    assert figure(name, y_true, good, count=2) > 0
    good[11] = wrong
    assert math.isnan(figure(name, y_true, good, count=2))


@pytest.mark.parametrize("name", OF_PROBABILITIES)
def test_probabilities_that_miss_one_by_rounding_count(name):
    p = np.full((5, 3), 1 / 3, np.float16)
    assert math.isfinite(figure(name, np.array([0, 1, 2, 0, 1]), p, count=3))


@pytest.mark.parametrize("name", ("roc_auc", "average_precision"))
def test_an_order_of_scores_needs_two_classes(name):
    one_class = np.ones(5, int)
    assert math.isnan(figure(name, one_class, np.random.default_rng(0).random((5, 2)), count=2))
    assert math.isnan(figure(name, one_class, np.random.default_rng(0).random((5, 4)), count=4))
    # Classes without samples are left out of the average.
    y_true, p = np.array([0, 0, 1, 1]), np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.3, 0.7, 0], [0.1, 0.9, 0]])
    by_hand_of_both = {"roc_auc": (3 / 4 + 3 / 4) / 2, "average_precision": ((1 + 2 / 3) / 2 + (1 + 2 / 3) / 2) / 2}
    assert figure(name, y_true, p, count=3) == pytest.approx(by_hand_of_both[name], rel=1e-14)


def test_kappa_is_not_defined_where_chance_is_always_right():
    always = np.tile([0.1, 0.9], (4, 1))
    assert math.isnan(figure("cohen_kappa", np.ones(4, int), always, count=2))
    assert figure("matthews_correlation", np.ones(4, int), always, count=2) == 0
    assert figure("cohen_kappa", np.array([1, 1, 1, 0]), always, count=2) == 0


def test_a_true_value_of_zero_has_no_percentage():
    mape, memory, target = registry.get("metrics", "mape")(), Memory(np.dtype("float32")), Target(kind="numbers")
    state = mape.start(target)
    numbers = {"y_pred": np.array([1.0, 3.0]), "losses": np.zeros(2)}
    mape.update(state, memory, y_true=np.array([2.0, -4.0]), **numbers)
    assert mape.result(state) == (1 / 2 + 7 / 4) / 2
    for nothing in (0.0, math.sin(math.pi)):
        none = state.copy()
        mape.update(none, memory, y_true=np.array([2.0, nothing]), **numbers)
        assert math.isnan(mape.result(none))
