"""An optimizer on its way along given gradients."""

import numpy as np

from dlcli.core.optimizer import Optimizer


def course_of(optimizer: Optimizer, theta: np.ndarray, grads: np.ndarray) -> np.ndarray:
    """theta: (P,) after each of the gradients: (steps, P); all of it is one parameter, and decays."""
    theta = theta.copy()
    slots = {name: np.zeros_like(theta) for name in optimizer.slots()}
    scratch = np.zeros((optimizer.scratch, theta.size), theta.dtype)
    thetas = []
    for step, grad in enumerate(grads, start=1):
        optimizer.step(
            theta, grad.copy(), slots, scratch, lr=optimizer.learning_rate, step=step, decayed=theta.size,
        )
        thetas.append(theta.copy())
    return np.array(thetas)
