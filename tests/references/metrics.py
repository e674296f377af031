"""Metrics: `name(metric, y_true, y_pred, losses) -> figure`, a sample at a time."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def classes(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[list[int], list[int], int]:
    """True and predicted class of each position, and the number of classes."""
    K = y_pred.shape[-1]
    rows = y_pred.reshape(-1, K)
    if K == 1:
        predicted = [1 if row[0] > 0.5 else 0 for row in rows]
    else:
        predicted = [list(row).index(max(row)) for row in rows]
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] > 1:
        true = [list(row).index(max(row)) for row in y_true.reshape(-1, K)]
    else:
        true = [int(label) for label in y_true.ravel()]
    return true, predicted, max(K, 2)


def accuracy(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    true, predicted, _ = classes(y_true, y_pred)
    return sum(t == p for t, p in zip(true, predicted, strict=True)) / len(true)


def loss(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    return math.fsum(float(value) for value in losses) / len(losses)


def divide(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def averaged(name: str, metric: Any, y_true: np.ndarray, y_pred: np.ndarray) -> float:
    true, predicted, K = classes(y_true, y_pred)
    couples = list(zip(true, predicted, strict=True))
    parts = []
    for k in range(K):
        right = sum(t == k == p for t, p in couples)
        called, is_so = predicted.count(k), true.count(k)
        part, whole = {
            "precision": (right, called), "recall": (right, is_so), "f1": (2 * right, called + is_so),
        }[name]
        parts.append((part, whole, called, is_so))
    average = metric.average
    if average == "auto":
        average = "binary" if K == 2 else "macro"
    if average == "binary":
        return divide(*parts[1][:2])
    if average == "micro":
        return divide(sum(part for part, *_ in parts), sum(whole for _, whole, *_ in parts))
    if average == "weighted":
        return sum(divide(part, whole) * is_so for part, whole, _, is_so in parts) / len(true)
    occurring = [divide(part, whole) for part, whole, called, is_so in parts if called or is_so]
    return sum(occurring) / len(occurring)


def precision(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    return averaged("precision", metric, y_true, y_pred)


def recall(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    return averaged("recall", metric, y_true, y_pred)


def f1(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    return averaged("f1", metric, y_true, y_pred)


def numbers(y_true: np.ndarray, y_pred: np.ndarray) -> list[tuple[float, float]]:
    return [(float(t), float(p)) for t, p in zip(y_true.ravel(), y_pred.ravel(), strict=True)]


def mae(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    return math.fsum(abs(p - t) for t, p in numbers(y_true, y_pred)) / y_true.size


def mse(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    return math.fsum((p - t) ** 2 for t, p in numbers(y_true, y_pred)) / y_true.size


def rmse(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    return math.sqrt(mse(metric, y_true, y_pred, losses))


def r2(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    scores = []
    for true, predicted in zip(y_true.reshape(len(y_true), -1).T, y_pred.reshape(len(y_pred), -1).T, strict=True):
        couples = numbers(true, predicted)
        mean = math.fsum(t for t, _ in couples) / len(couples)
        missed, spread = (math.fsum(terms) for terms in (
            ((p - t) ** 2 for t, p in couples), ((t - mean) ** 2 for t, _ in couples),
        ))
        scores.append(1 - missed / spread if spread else float(missed == 0))
    return sum(scores) / len(scores)


def perplexity(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    return math.exp(loss(metric, y_true, y_pred, losses))


def mape(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    return math.fsum(abs((p - t) / t) for t, p in numbers(y_true, y_pred)) / y_true.size


def shares(y_pred: np.ndarray) -> list[list[float]]:
    """The probability of every class, at each position."""
    rows = [[float(p) for p in row] for row in y_pred.reshape(-1, y_pred.shape[-1])]
    return [[1 - row[0], row[0]] if len(row) == 1 else row for row in rows]


def mean(values: Iterable[float]) -> float:
    values = list(values)
    return math.fsum(values) / len(values)


def top_k_categorical_accuracy(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    true, predicted, _ = classes(y_true, y_pred)
    if y_pred.shape[-1] == 1:
        return mean(t == p for t, p in zip(true, predicted, strict=True))
    best = [sorted(range(len(row)), key=lambda k: (-row[k], k))[: metric.k] for row in shares(y_pred)]
    return mean(t in first for t, first in zip(true, best, strict=True))


def balanced_accuracy(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    true, predicted, _ = classes(y_true, y_pred)
    couples = list(zip(true, predicted, strict=True))
    return mean(mean(p == k for t, p in couples if t == k) for k in set(true))


def matthews_correlation(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    """The covariances summed over classes, from one-hot rows, as the paper has it."""
    true, predicted, K = classes(y_true, y_pred)

    def covariance(a: list[int], b: list[int]) -> float:
        total = 0.0
        for k in range(K):
            x, y = [float(i == k) for i in a], [float(i == k) for i in b]
            total += math.fsum((i - mean(x)) * (j - mean(y)) for i, j in zip(x, y, strict=True))
        return total

    below = math.sqrt(covariance(true, true) * covariance(predicted, predicted))
    return covariance(true, predicted) / below if below else 0.0


def cohen_kappa(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    true, predicted, K = classes(y_true, y_pred)
    agreed = mean(t == p for t, p in zip(true, predicted, strict=True))
    chance = math.fsum(true.count(k) / len(true) * predicted.count(k) / len(true) for k in range(K))
    return (agreed - chance) / (1 - chance)


def log_loss(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    return mean(-math.log(row[t]) for t, row in zip(classes(y_true, y_pred)[0], shares(y_pred), strict=True))


def brier_score(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    rows = shares(y_pred)
    squares = [
        math.fsum((p - (k == t)) ** 2 for k, p in enumerate(row))
        for t, row in zip(classes(y_true, y_pred)[0], rows, strict=True)
    ]
    return mean(squares) / (2 if len(rows[0]) == 2 else 1)


def expected_calibration_error(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    true, predicted, _ = classes(y_true, y_pred)
    sure = [row[p] for row, p in zip(shares(y_pred), predicted, strict=True)]
    total = 0.0
    for b in range(metric.bins):
        low, high = b / metric.bins, (b + 1) / metric.bins
        inside = [i for i, p in enumerate(sure) if low < p <= high or (b == 0 and p == 0)]
        if inside:
            right = mean(true[i] == predicted[i] for i in inside)
            total += len(inside) / len(sure) * abs(right - mean(sure[i] for i in inside))
    return total


def of_each_class(
    metric: Any, y_true: np.ndarray, y_pred: np.ndarray, score: Callable[[list[float], list[bool]], float],
) -> float:
    """`score(scores, belongs)` of class 1 of two, or averaged over the classes that can be judged."""
    true, _, K = classes(y_true, y_pred)
    rows = shares(y_pred)
    judged = [(k, true.count(k)) for k in ([1] if K == 2 else range(K)) if 0 < true.count(k) < len(true)]
    values = [score([row[k] for row in rows], [t == k for t in true]) for k, _ in judged]
    weights = [count if metric.average == "weighted" else 1 for _, count in judged]
    return math.fsum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)


def roc_auc(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    def pairs_in_order(scores: list[float], belongs: list[bool]) -> float:
        inside = [s for s, b in zip(scores, belongs, strict=True) if b]
        outside = [s for s, b in zip(scores, belongs, strict=True) if not b]
        return mean((i > o) + (i == o) / 2 for i in inside for o in outside)

    return of_each_class(metric, y_true, y_pred, pairs_in_order)


def average_precision(metric: Any, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray) -> float:
    def area(scores: list[float], belongs: list[bool]) -> float:
        total = recall_before = 0.0
        for threshold in sorted(set(scores), reverse=True):
            taken = [b for s, b in zip(scores, belongs, strict=True) if s >= threshold]
            recall_now = sum(taken) / sum(belongs)
            total += (recall_now - recall_before) * sum(taken) / len(taken)
            recall_before = recall_now
        return total

    return of_each_class(metric, y_true, y_pred, area)
