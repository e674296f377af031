"""Metrics: `name(metric, y_true, y_pred, losses) -> figure`, a sample at a time."""

import math
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
