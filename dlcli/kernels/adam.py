"""Adam's update of flat vectors, in place."""

import numpy as np

from dlcli.kernels.choice import kernel


@kernel
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
    """One step; overwrites grad, which serves as working memory.

    m and v hold Adam's moments without the factors (1 - beta): m = beta_1 m + g, v = beta_2 v + g^2,
    which saves two passes; the factors are folded into the step,

        theta -= alpha' m / (sqrt(v) + epsilon'),   epsilon' = epsilon / sqrt(1 - beta_2),
        alpha' = alpha (1 - beta_1) / sqrt(1 - beta_2).

    `largest` makes it AMSGrad: the largest v so far is kept there and used in place of v.
    """
    root = (1 - beta_2) ** 0.5
    # One array of the vectors' type, its elements as arrays of no axes: ufuncs take those fastest.
    factors = np.array((beta_1, beta_2, alpha * (1 - beta_1) / root, epsilon / root), theta.dtype)
    keep_m, keep_v, pace, floor = (factors[i, ...] for i in range(4))
    np.multiply(m, keep_m, m)
    np.add(m, grad, m)
    np.multiply(grad, grad, grad)
    np.multiply(v, keep_v, v)
    np.add(v, grad, v)
    if largest is not None:
        v = np.maximum(largest, v, out=largest)
    np.sqrt(v, grad)
    np.add(grad, floor, grad)
    np.divide(m, grad, grad)
    np.multiply(grad, pace, grad)
    np.subtract(theta, grad, theta)
