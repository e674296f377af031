"""Adam's update in one pass."""

import numpy as np

from dlcli.kernels.compiled._jit import jit


def adam(
    theta: np.ndarray,
    grad: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    *,
    beta_1: float,
    beta_2: float,
    alpha: float,
    epsilon: float,
    largest: np.ndarray | None = None,
) -> None:
    """As its twin; leaves grad as it is."""
    if largest is None:
        _adam(theta, grad, m, v, beta_1, beta_2, alpha, epsilon)
    else:
        _amsgrad(theta, grad, m, v, largest, beta_1, beta_2, alpha, epsilon)


@jit()
def _factors(number, beta_1, beta_2, alpha, epsilon):
    root = (1 - beta_2) ** 0.5
    return number(beta_1), number(beta_2), number(alpha * (1 - beta_1) / root), number(epsilon / root)


@jit()
def _adam(theta, grad, m, v, beta_1, beta_2, alpha, epsilon):
    keep_m, keep_v, pace, floor = _factors(theta.dtype.type, beta_1, beta_2, alpha, epsilon)
    for i in range(theta.size):
        g = grad[i]
        m[i] = m[i] * keep_m + g
        v[i] = v[i] * keep_v + g * g
        theta[i] -= pace * m[i] / (np.sqrt(v[i]) + floor)


@jit()
def _amsgrad(theta, grad, m, v, largest, beta_1, beta_2, alpha, epsilon):
    keep_m, keep_v, pace, floor = _factors(theta.dtype.type, beta_1, beta_2, alpha, epsilon)
    for i in range(theta.size):
        g = grad[i]
        m[i] = m[i] * keep_m + g
        v[i] = v[i] * keep_v + g * g
        largest[i] = largest[i] if largest[i] > v[i] else v[i]
        theta[i] -= pace * m[i] / (np.sqrt(largest[i]) + floor)
