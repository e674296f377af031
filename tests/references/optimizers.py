"""Optimizers: `name(optimizer, theta0, grads, decayed) -> [theta after each gradient]`, a parameter at a time."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np


def sgd(optimizer: Any, theta0: np.ndarray, grads: Sequence[np.ndarray], decayed: int) -> list[np.ndarray]:
    lr, momentum = optimizer.learning_rate, optimizer.momentum
    theta, velocity, thetas = [float(v) for v in theta0], [0.0] * len(theta0), []
    for grad in grads:
        for i, g in enumerate(grad):
            velocity[i] = momentum * velocity[i] - lr * g
            theta[i] += momentum * velocity[i] - lr * g if optimizer.nesterov else velocity[i]
        thetas.append(np.array(theta))
    return thetas


def adam(optimizer: Any, theta0: np.ndarray, grads: Sequence[np.ndarray], decayed: int) -> list[np.ndarray]:
    lr, b1, b2 = optimizer.learning_rate, optimizer.beta_1, optimizer.beta_2
    decay = getattr(optimizer, "weight_decay", 0.0)
    theta, m, v, thetas = [float(value) for value in theta0], [0.0] * len(theta0), [0.0] * len(theta0), []
    for t, grad in enumerate(grads, start=1):
        alpha = lr * math.sqrt(1 - b2**t) / (1 - b1**t)
        for i, g in enumerate(grad):
            if i < decayed:
                theta[i] -= lr * decay * theta[i]
            m[i] = b1 * m[i] + (1 - b1) * g
            v[i] = b2 * v[i] + (1 - b2) * g * g
            theta[i] -= alpha * m[i] / (math.sqrt(v[i]) + optimizer.epsilon)
        thetas.append(np.array(theta))
    return thetas


adamw = adam
