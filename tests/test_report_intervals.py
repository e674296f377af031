"""Bootstrap intervals agree with figures computed anew for every drawn split, and with theory where there is one."""

import numpy as np
import pytest

from dlcli import registry
from dlcli.core.memory import Memory
from dlcli.core.metric import StreamingMetric
from dlcli.core.target import Target
from dlcli.report.intervals import FEWEST, intervals


def metrics_for(target):
    every = {name: registry.get("metrics", name)() for name in registry.names("metrics")}
    of_kind = "classes" if target.kind == "classes" else "numbers"
    numbers = {"mae", "mape", "mse", "r2", "rmse"}
    few = {"top_k_categorical_accuracy"} if target.classes <= 5 else set()
    return {n: m for n, m in every.items() if (n in numbers) == (of_kind == "numbers") and n not in few | {"loss"}}


def figure(metric, target, y_true, y_pred, losses):
    if not isinstance(metric, StreamingMetric):
        return metric.compute(y_true, y_pred)
    state = metric.start(target)
    metric.update(state, Memory(np.dtype("float32")), y_true=y_true, y_pred=y_pred, losses=losses)
    return metric.result(state)


def data(K, N=200):
    rng = np.random.default_rng(K)
    if not K:
        y = rng.normal(5, 2, (N, 2))
        p = y + rng.normal(0, 1, y.shape)
        return Target(kind="numbers", shape=(2,)), y, p, np.square(y - p).mean(axis=1)
    classes = max(K, 2)
    y = rng.choice(classes, N, p=np.arange(1, classes + 1) / sum(range(classes + 1)))
    z = rng.normal(size=(N, K)) + (np.eye(K)[y] if K > 1 else 2.0 * y[:, None] - 1)
    p = 1 / (1 + np.exp(-z)) if K == 1 else np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    of_true = p[np.arange(N), y] if K > 1 else np.where(y == 1, p[:, 0], 1 - p[:, 0])
    return Target(kind="classes", labels=tuple(map(str, range(classes)))), y, p, -np.log(of_true)


@pytest.mark.parametrize("K", [0, 1, 2, 4])
def test_bounds_are_those_of_figures_computed_one_split_after_the_other(K):
    target, y, p, losses = data(K)
    metrics = metrics_for(target)
    found = intervals(metrics, y_true=y, y_pred=p, losses=losses, penalty=0.5, rng=np.random.default_rng(1))
    assert found.level == 0.95 and found.resamples == 1000
    not_for_many = {"expected_calibration_error", "perplexity"} | ({"roc_auc", "average_precision"} if K > 2 else set())
    assert set(found.bounds) == {"loss", *metrics} - not_for_many
    rng, drawn = np.random.default_rng(2), {name: [] for name in found.bounds}
    for _ in range(400):
        rows = rng.integers(0, len(y), len(y))
        for name, figures in drawn.items():
            one = losses[rows].mean() + 0.5 if name == "loss" else figure(
                metrics[name], target, y[rows], p[rows], losses[rows],
            )
            figures.append(one)
    for name, (low, high) in found.bounds.items():
        expected = np.quantile(drawn[name], [0.025, 0.975])
        assert np.abs(np.array([low, high]) - expected).max() < 0.5 * np.std(drawn[name]), name
        assert low < np.median(drawn[name]) < high


def test_of_a_share_theory_says_the_same():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 5000)
    p = np.where(rng.random(5000) < 0.9, y, 1 - y)[:, None].astype(np.float32)
    metrics = {"accuracy": registry.get("metrics", "accuracy")()}
    (low, high), share = intervals(
        metrics, y_true=y, y_pred=p, losses=np.zeros(5000), penalty=0, rng=np.random.default_rng(3),
    ).bounds["accuracy"], (p[:, 0] == y).mean()
    half = 1.96 * np.sqrt(share * (1 - share) / 5000)
    assert low == pytest.approx(share - half, abs=half / 8) and high == pytest.approx(share + half, abs=half / 8)


def test_the_same_generator_gives_the_same_bounds_and_another_one_others():
    target, y, p, losses = data(4)
    arguments = {"y_true": y, "y_pred": p, "losses": losses, "penalty": 0.0}
    first, again, other = (
        intervals(metrics_for(target), **arguments, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_a_large_split_is_drawn_less_often():
    y = np.zeros(90_000, int)
    found = intervals({}, y_true=y, y_pred=y[:, None], losses=y * 1.0, penalty=0, rng=np.random.default_rng(0))
    assert found.resamples == 222 and found.bounds == {"loss": (0.0, 0.0)}


def test_a_figure_that_many_splits_do_not_have_has_no_bounds():
    target, y, p, losses = data(2, N=40)
    y = np.arange(40) == 7  # two in five splits have no sample of class 1
    found = intervals(
        metrics_for(target), y_true=y.astype(int), y_pred=p, losses=losses, penalty=0, rng=np.random.default_rng(0),
    )
    assert "accuracy" in found.bounds and not {"roc_auc", "average_precision"} & set(found.bounds)


def test_a_handful_of_samples_has_no_interval():
    y = np.zeros(FEWEST - 1)
    assert intervals({}, y_true=y, y_pred=y, losses=y, penalty=0, rng=np.random.default_rng(0)) is None


def test_what_would_take_long_has_none():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(50, 200))
    metrics = {name: registry.get("metrics", name)() for name in ("mse", "r2")}
    arguments = {"losses": np.ones(50), "penalty": 0.0, "rng": rng}
    assert set(intervals(metrics, y_true=y, y_pred=y + 1, **arguments).bounds) == {"loss", "mse"}
    y = np.arange(100_001) % 2
    found = intervals(
        {name: registry.get("metrics", name)() for name in ("accuracy", "roc_auc")}, y_true=y,
        y_pred=rng.random((len(y), 1)), losses=np.ones(len(y)), penalty=0.0, rng=rng,
    )
    assert set(found.bounds) == {"loss", "accuracy"}
