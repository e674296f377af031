"""Adam's update in one pass."""

import numpy as np

from dlcli.kernels.compiled._crew import LEADER, call, claim, dismiss, meet, post
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.crew import help_for

PIECE = 8192
"""Numbers that one thread moves at a time."""


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
        _adam(help_for(4 * theta.size), theta, grad, m, v, beta_1, beta_2, alpha, epsilon)
    else:
        _amsgrad(theta, grad, m, v, largest, beta_1, beta_2, alpha, epsilon)


@jit()
def _factors(number, beta_1, beta_2, alpha, epsilon):
    root = (1 - beta_2) ** 0.5
    return number(beta_1), number(beta_2), number(alpha * (1 - beta_1) / root), number(epsilon / root)


@jit()
def _adam(words, theta, grad, m, v, beta_1, beta_2, alpha, epsilon):
    post(words, _adam_work, (theta, grad, m, v, beta_1, beta_2, alpha, epsilon))
    _adam_work(words, LEADER, call(words), theta, grad, m, v, beta_1, beta_2, alpha, epsilon)
    dismiss(words)


@jit()
def _adam_work(words, seat, phase, theta, grad, m, v, beta_1, beta_2, alpha, epsilon):
    pieces = (theta.size + PIECE - 1) // PIECE
    piece = claim(words, phase, pieces, -1)
    while piece >= 0:
        part = slice(piece * PIECE, (piece + 1) * PIECE)
        _move(theta[part], grad[part], m[part], v[part], beta_1, beta_2, alpha, epsilon)
        piece = claim(words, phase, pieces, piece)
    meet(words, seat, phase, pieces)


@jit()
def _move(theta, grad, m, v, beta_1, beta_2, alpha, epsilon):
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
