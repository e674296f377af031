"""Losses: `name(loss, y_pred, y_true) -> losses (N,)` of float64 predictions."""

import math
from typing import Any

import numpy as np

EPSILON = 1e-7


def clip(p: float) -> float:
    return min(max(p, EPSILON), 1 - EPSILON)


def one_hot(y_true: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if y_true.size == math.prod(shape):
        return y_true.reshape(shape).astype(float)
    rows = [[1.0 if k == int(label) else 0.0 for k in range(shape[-1])] for label in y_true.ravel()]
    return np.array(rows).reshape(shape)


def categorical_crossentropy(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    K, smoothing = y_pred.shape[-1], loss.label_smoothing
    targets = one_hot(y_true, y_pred.shape)
    losses = []
    for sample, wanted in zip(y_pred, targets, strict=True):
        terms = []
        for row, target in zip(sample.reshape(-1, K), wanted.reshape(-1, K), strict=True):
            logs = log_shares(row, from_logits=loss.from_logits)
            smooth = [(1 - smoothing) * t + smoothing / K for t in target]
            counts = loss.ignore_class is None or list(target).index(max(target)) != loss.ignore_class
            terms.append(-math.fsum(t * g for t, g in zip(smooth, logs, strict=True)) if counts else 0.0)
        losses.append(math.fsum(terms) / len(terms))
    return np.array(losses)


def log_shares(row: np.ndarray, *, from_logits: bool) -> list[float]:
    if from_logits:
        top = max(row)
        return [v - top - math.log(math.fsum(math.exp(u - top) for u in row)) for v in row]
    return [math.log(clip(v / math.fsum(row))) for v in row]


def categorical_focal_crossentropy(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    K = y_pred.shape[-1]
    targets = one_hot(y_true, y_pred.shape)
    losses = []
    for sample, wanted in zip(y_pred, targets, strict=True):
        terms = []
        for row, target in zip(sample.reshape(-1, K), wanted.reshape(-1, K), strict=True):
            for t, g in zip(target, log_shares(row, from_logits=loss.from_logits), strict=True):
                smooth = (1 - loss.label_smoothing) * t + loss.label_smoothing / K
                terms.append(-loss.alpha * smooth * (1 - math.exp(g)) ** loss.gamma * g)
        losses.append(math.fsum(terms) * K / len(terms))
    return np.array(losses)


def categorical_hinge(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    K = y_pred.shape[-1]
    targets = one_hot(y_true, y_pred.shape)
    losses = []
    for sample, wanted in zip(y_pred, targets, strict=True):
        terms = []
        for row, target in zip(sample.reshape(-1, K), wanted.reshape(-1, K), strict=True):
            own = math.fsum(t * z for t, z in zip(target, row, strict=True))
            rival = max((1 - t) * z for t, z in zip(target, row, strict=True))
            terms.append(max(0.0, 1 + rival - own))
        losses.append(math.fsum(terms) / len(terms))
    return np.array(losses)


def binary_focal_crossentropy(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    losses = []
    for sample in pairs(y_pred, y_true):
        terms = []
        for v, label in sample:
            y = (1 - loss.label_smoothing) * label + loss.label_smoothing / 2
            p = 1 / (1 + math.exp(-v)) if loss.from_logits else clip(v)
            right = y * p + (1 - y) * (1 - p)
            weight = y * loss.alpha + (1 - y) * (1 - loss.alpha) if loss.apply_class_balancing else 1.0
            cross = -y * math.log(p) - (1 - y) * math.log(1 - p)
            terms.append(weight * (1 - right) ** loss.gamma * cross)
        losses.append(math.fsum(terms) / len(terms))
    return np.array(losses)


def binary_crossentropy(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    losses = []
    for sample in pairs(y_pred, y_true):
        terms = []
        for v, label in sample:
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
        for sample, wanted in zip(y_pred, one_hot(y_true, y_pred.shape), strict=True)
    ]


def mse(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    return np.array([math.fsum((p - t) ** 2 for p, t in sample) / len(sample) for sample in pairs(y_pred, y_true)])


def mae(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    return np.array([math.fsum(abs(p - t) for p, t in sample) / len(sample) for sample in pairs(y_pred, y_true)])


def mean_of(term: Any) -> Any:
    """The mean of `term(loss, prediction, truth)` over the outputs of each sample."""
    def losses(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        return np.array([math.fsum(term(loss, p, t) for p, t in s) / len(s) for s in pairs(y_pred, y_true)])

    return losses


def missing(z: float, t: float) -> float:
    return max(0.0, 1 - z if t > 0 else 1 + z)


def huber_term(loss: Any, p: float, t: float) -> float:
    e = abs(p - t)
    return e * e / 2 if e <= loss.delta else loss.delta * e - loss.delta**2 / 2


huber = mean_of(huber_term)
log_cosh = mean_of(lambda loss, p, t: math.log(math.cosh(p - t)))
hinge = mean_of(lambda loss, z, t: missing(z, t))
squared_hinge = mean_of(lambda loss, z, t: missing(z, t) ** 2)
poisson = mean_of(lambda loss, p, t: p - t * math.log(p + EPSILON))


def over_the_last_axis(term: Any) -> Any:
    """The mean of `term(row of predictions, row of truths)` over the axes between."""
    def losses(loss: Any, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        wanted = one_hot(y_true, y_pred.shape)
        found = [
            [term(p, t) for p, t in zip(a.reshape(-1, a.shape[-1]), b.reshape(-1, a.shape[-1]), strict=True)]
            for a, b in zip(y_pred, wanted, strict=True)
        ]
        return np.array([math.fsum(terms) / len(terms) for terms in found])

    return losses


def divergence(p: np.ndarray, t: np.ndarray) -> float:
    clipped = [(min(max(a, EPSILON), 1.0), min(max(b, EPSILON), 1.0)) for a, b in zip(p, t, strict=True)]
    return math.fsum(b * math.log(b / a) for a, b in clipped)


kl_divergence = over_the_last_axis(divergence)
cosine_similarity = over_the_last_axis(
    lambda p, t: -math.fsum(a * b for a, b in zip(p, t, strict=True)) / (math.hypot(*p) * math.hypot(*t)),
)


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
