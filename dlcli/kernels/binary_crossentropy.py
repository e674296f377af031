"""The logistic function of logits and the cross-entropy of what it gives, together."""

import numpy as np

from dlcli.kernels.choice import kernel
from dlcli.kernels.sigmoid import sigmoid


@kernel
def binary_crossentropy(
    z: np.ndarray, targets: np.ndarray, *, p: np.ndarray, cross: np.ndarray, work: np.ndarray,
) -> None:
    """p = sigmoid(z) and cross = max(z, 0) - z targets + log1p(exp(-|z|)), all of the shape of z; neither overflows."""
    sigmoid(z, out=p)
    np.abs(z, out=cross)
    np.negative(cross, out=cross)
    np.exp(cross, out=cross)
    np.log1p(cross, out=cross)
    cross += np.maximum(z, 0, out=work)
    cross -= np.multiply(z, targets, out=work)


@kernel
def binary_crossentropy_gradient(p: np.ndarray, targets: np.ndarray, *, scale: float, out: np.ndarray) -> np.ndarray:
    """scale (p - targets) into `out`: the derivative by the logits of `scale` times the sum of the cross-entropies."""
    np.subtract(p, targets, out)
    out *= scale
    return out
