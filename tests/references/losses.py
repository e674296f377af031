"""Losses: `name(loss, y_pred, y_true) -> losses (N,)` of float64 predictions."""

import math
from typing import Any

import numpy as np

EPSILON = 1e-7


def clip(p: float) -> float:
    return min(max(p, EPSILON), 1 - EPSILON)


def one_hot(y_true: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if y_true.shape == shape:
        return y_true.astype(float)
    rows = [[1.0 if k == int(label) else 0.0 for k in range(shape[-1])] for label in y_true.ravel()]
    return np.array(rows).reshape(shape)


def categorical_crossentropy(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    K, smoothing = y_pred.shape[-1], loss.label_smoothing
    targets = one_hot(y_true, y_pred.shape)
    losses = []
    for sample, wanted in zip(y_pred, targets, strict=True):
        terms = []
        for row, target in zip(sample.reshape(-1, K), wanted.reshape(-1, K), strict=True):
            if loss.from_logits:
                top = max(row)
                logs = [v - top - math.log(math.fsum(math.exp(u - top) for u in row)) for v in row]
            else:
                logs = [math.log(clip(v / math.fsum(row))) for v in row]
            smooth = [(1 - smoothing) * t + smoothing / K for t in target]
            terms.append(-math.fsum(t * g for t, g in zip(smooth, logs, strict=True)))
        losses.append(math.fsum(terms) / len(terms))
    return np.array(losses)


def binary_crossentropy(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    losses = []
    for sample, wanted in zip(y_pred, y_true, strict=True):
        terms = []
        for v, label in zip(sample.ravel(), np.ravel(wanted), strict=True):
            t = (1 - loss.label_smoothing) * label + loss.label_smoothing / 2
            if loss.from_logits:  # log p = -log(1 + exp(-v)), log(1 - p) = -log(1 + exp(v))
                log_p, log_q = -softplus(-v), -softplus(v)
            else:
                log_p, log_q = math.log(clip(v)), math.log(1 - clip(v))
            terms.append(-t * log_p - (1 - t) * log_q)
        losses.append(math.fsum(terms) / len(terms))
    return np.array(losses)


def softplus(v: float) -> float:
    return v + math.log1p(math.exp(-v)) if v > 0 else math.log1p(math.exp(v))


def pairs(y_pred: np.ndarray, y_true: np.ndarray) -> list[list[tuple[float, float]]]:
    return [
        [(float(p), float(t)) for p, t in zip(np.ravel(sample), np.ravel(wanted), strict=True)]
        for sample, wanted in zip(y_pred, y_true, strict=True)
    ]


def mse(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    return np.array([math.fsum((p - t) ** 2 for p, t in sample) / len(sample) for sample in pairs(y_pred, y_true)])


def mae(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    return np.array([math.fsum(abs(p - t) for p, t in sample) / len(sample) for sample in pairs(y_pred, y_true)])


def perceptron(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    return np.array([
        math.fsum(((1.0 if z > 0 else 0.0) - t) * z for z, t in sample) for sample in pairs(y_pred, y_true)
    ])


def gan_non_saturating(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    losses = []
    for ((z, real),) in pairs(y_pred, y_true):
        smooth = loss.label_smoothing
        losses.append((1 - smooth) * softplus(-z) + smooth * softplus(z) if real else softplus(z))
    return np.array(losses)


gan_minimax = gan_non_saturating  # the discriminator's loss is the same; tests/test_gan.py has the generator's


def gan_least_squares(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    return np.array([(z - real) ** 2 / 2 for ((z, real),) in pairs(y_pred, y_true)])


def gan_hinge(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    return np.array([max(0.0, 1 - z if real else 1 + z) for ((z, real),) in pairs(y_pred, y_true)])
