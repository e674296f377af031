"""Every figure against scikit-learn: equal within 1e-12, for classes, one output, places of sequences, and numbers."""

import warnings

import numpy as np
import pytest

from dlcli import registry
from dlcli.core.component import from_yaml
from dlcli.core.memory import Memory
from dlcli.core.metric import Metric, StreamingMetric
from dlcli.core.target import Target

learn = pytest.importorskip("sklearn.metrics", reason="pip install scikit-learn to compare with it")
calibration = pytest.importorskip("sklearn.calibration", reason="pip install scikit-learn to compare with it")
EXACT = {"rel": 1e-12, "abs": 1e-14}


def figure(keys, y_true, y_pred, *, batch=64):
    """Batch by batch, as in a training, or over all of it at once."""
    metric = from_yaml(Metric, keys)
    if y_true.dtype.kind == "f":
        target = Target(kind="numbers", shape=y_true.shape[1:])
    else:
        target = Target(kind="classes", labels=tuple(map(str, range(max(y_pred.shape[-1], 2)))), shape=y_true.shape[1:])
    metric.check(target)
    if not isinstance(metric, StreamingMetric):
        return metric.compute(y_true, y_pred)
    state, memory = metric.start(target), Memory(np.dtype("float32"))
    for start in range(0, len(y_true), batch):
        cut = slice(start, start + batch)
        metric.update(state, memory, y_true=y_true[cut], y_pred=y_pred[cut], losses=np.zeros(len(y_true[cut])))
    return metric.result(state)


def classified(K, *, shape=(1000,), seed=0, dtype=np.float64, ties=False):
    """Labels, and probabilities that are better than a guess; uneven classes; with ties, few different values."""
    rng = np.random.default_rng(seed)
    share = np.arange(1, max(K, 2) + 1, dtype=np.float64)
    y_true = rng.choice(max(K, 2), size=shape, p=share / share.sum())
    z = rng.normal(size=(*shape, K)) + (1.5 * np.eye(K)[y_true] if K > 1 else 1.5 * y_true[..., None] - 0.75)
    z = np.round(z) if ties else z
    p = 1 / (1 + np.exp(-z)) if K == 1 else np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    return y_true, p.astype(dtype)


def columns(p):
    """(M, K) with both classes where the model has one output, as scikit-learn counts."""
    rows = p.reshape(-1, p.shape[-1]).astype(np.float64)
    return np.hstack([1 - rows, rows]) if rows.shape[1] == 1 else rows


def named(p):
    return columns(p).argmax(axis=1) if p.shape[-1] > 1 else (p.reshape(-1) > 0.5).astype(int)


def one_class_or_rest(score, **more):
    def expected(y, p):
        K = columns(p).shape[1]
        if K == 2:
            return score(y, columns(p)[:, 1])
        return score(np.eye(K)[y], columns(p), **more)

    return expected


def ece(y, p, bins):
    sure = columns(p)[np.arange(len(y)), named(p)]
    true, sureness = calibration.calibration_curve(named(p) == y, sure, n_bins=bins)
    counts = np.bincount(np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], sure), minlength=bins)
    return float(np.abs(true - sureness) @ counts[counts > 0] / len(y))


OF_CLASSES = {
    "accuracy": ("accuracy", lambda y, p: learn.accuracy_score(y, named(p))),
    "balanced": ("balanced_accuracy", lambda y, p: learn.balanced_accuracy_score(y, named(p))),
    **{
        f"{name} {average}": (
            {"type": name, "average": average},
            lambda y, p, name=name, average=average: getattr(learn, f"{name}_score")(
                y, named(p), average=average, zero_division=0,
            ),
        )
        for name in ("precision", "recall", "f1") for average in ("macro", "micro", "weighted")
    },
    "matthews": ("matthews_correlation", lambda y, p: learn.matthews_corrcoef(y, named(p))),
    "kappa": ("cohen_kappa", lambda y, p: learn.cohen_kappa_score(y, named(p))),
    "log loss": ("log_loss", lambda y, p: learn.log_loss(y, columns(p), labels=range(columns(p).shape[1]))),
    "brier": ("brier_score", lambda y, p: learn.brier_score_loss(y, columns(p), labels=range(columns(p).shape[1]))),
    "calibration": ("expected_calibration_error", lambda y, p: ece(y, p, 15)),
    "calibration in 7": ({"type": "expected_calibration_error", "bins": 7}, lambda y, p: ece(y, p, 7)),
    "roc auc": ("roc_auc", one_class_or_rest(learn.roc_auc_score, average="macro")),
    "roc auc weighted": (
        {"type": "roc_auc", "average": "weighted"}, one_class_or_rest(learn.roc_auc_score, average="weighted"),
    ),
    "pr auc": ("average_precision", one_class_or_rest(learn.average_precision_score, average="macro")),
    "pr auc weighted": (
        {"type": "average_precision", "average": "weighted"},
        one_class_or_rest(learn.average_precision_score, average="weighted"),
    ),
}
SHAPES = {
    "2 classes": (2, (1000,)), "one output": (1, (1000,)), "3 classes": (3, (999,)), "10 classes": (10, (1000,)),
    "50 classes": (50, (8000,)), "places": (5, (70, 13)), "places, one output": (1, (70, 13)),
}


@pytest.mark.parametrize("ties", [False, True], ids=["", "ties"])
@pytest.mark.parametrize("of", SHAPES)
@pytest.mark.parametrize("name", OF_CLASSES)
def test_of_classes(name, of, ties):
    keys, expected = OF_CLASSES[name]
    K, shape = SHAPES[of]
    y, p = classified(K, shape=shape, ties=ties)
    assert figure(keys, y, p) == pytest.approx(float(expected(y.ravel(), p)), **EXACT)


@pytest.mark.parametrize("name", OF_CLASSES)
def test_predictions_in_float32_are_summed_in_float64(name):
    keys, expected = OF_CLASSES[name]
    y, p = classified(6, dtype=np.float32)
    wide = p.astype(np.float64)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The y_prob values do not sum to one")  # but for float32's rounding
        assert figure(keys, y, p) == pytest.approx(float(expected(y, wide)), **EXACT)


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_top_k(k):
    y, p = classified(10)
    expected = learn.top_k_accuracy_score(y, p, k=k)
    assert figure({"type": "top_k_categorical_accuracy", "k": k}, y, p) == pytest.approx(expected, **EXACT)


def test_a_certainty_that_is_wrong_costs_as_much_as_in_scikit_learn():
    y, p = np.array([0, 1]), np.array([[0.0, 1.0], [0.0, 1.0]], np.float32)
    assert figure("log_loss", y, p) == pytest.approx(learn.log_loss(y, p), rel=1e-6)
    assert figure("log_loss", y, p[:, 1:]) == pytest.approx(learn.log_loss(y, p[:, 1]), rel=1e-6)


OF_NUMBERS = {
    "mse": lambda y, p: learn.mean_squared_error(y, p),
    "mae": lambda y, p: learn.mean_absolute_error(y, p),
    "rmse": lambda y, p: float(np.sqrt(learn.mean_squared_error(y, p))),
    "mape": lambda y, p: learn.mean_absolute_percentage_error(y, p),
    "r2": lambda y, p: learn.r2_score(y, p),
}


@pytest.mark.parametrize("columns", [1, 4])
@pytest.mark.parametrize("name", OF_NUMBERS)
def test_of_numbers(name, columns):
    rng = np.random.default_rng(1)
    y = rng.normal(3, 5, (500, columns))
    p = y + rng.normal(0, 2, y.shape) * np.arange(1, columns + 1)
    assert figure(name, y, p) == pytest.approx(OF_NUMBERS[name](y, p), **EXACT)


def test_every_metric_is_compared():
    compared = {keys if isinstance(keys, str) else keys["type"] for keys, _ in OF_CLASSES.values()} | set(OF_NUMBERS)
    no_counterpart = {"loss", "perplexity"}
    assert compared | {"top_k_categorical_accuracy"} | no_counterpart == set(registry.names("metrics"))
