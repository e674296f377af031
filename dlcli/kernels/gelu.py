"""The Gaussian error linear unit x F(x), F being the normal distribution function, and its derivative."""

from math import pi, sqrt

import numpy as np

from dlcli.kernels.choice import kernel
from dlcli.kernels.erf import erf

CUBIC = 0.044715


@kernel
def gelu(x: np.ndarray, *, out: np.ndarray, share: np.ndarray, work: np.ndarray) -> np.ndarray:
    """x F(x) into `out` and F(x) into `share`; `work`: `erf.work_shape(x.size)`."""
    np.multiply(x, sqrt(0.5), out=out)
    erf(out, out=share, work=work)
    share += 1
    share *= 0.5
    return np.multiply(x, share, out=out)


@kernel
def gelu_gradient(dy: np.ndarray, x: np.ndarray, share: np.ndarray, *, out: np.ndarray) -> np.ndarray:
    """dy (F(x) + x F'(x)) into `out`; F' is the normal density."""
    np.multiply(x, x, out=out)
    out *= -0.5
    np.exp(out, out=out)
    out *= 1 / sqrt(2 * pi)
    return _times_dy(dy, x, share, out)


@kernel
def gelu_approximate(x: np.ndarray, *, out: np.ndarray, share: np.ndarray) -> np.ndarray:
    """As `gelu` with F(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2."""
    np.multiply(x, x, out=out)
    out *= CUBIC
    out += 1
    out *= x
    out *= sqrt(2 / pi)
    np.tanh(out, out=share)
    share += 1
    share *= 0.5
    return np.multiply(x, share, out=out)


@kernel
def gelu_approximate_gradient(
    dy: np.ndarray, x: np.ndarray, share: np.ndarray, *, out: np.ndarray, work: np.ndarray,
) -> np.ndarray:
    """dy (F(x) + x F'(x)) into `out`; F' = 2 F (1 - F) times the tanh's inner derivative. `work` has the shape of x."""
    np.multiply(x, x, out=out)
    out *= 3 * CUBIC
    out += 1
    out *= 2 * sqrt(2 / pi)
    np.subtract(1, share, out=work)
    out *= work
    out *= share
    return _times_dy(dy, x, share, out)


def _times_dy(dy: np.ndarray, x: np.ndarray, share: np.ndarray, slope: np.ndarray) -> np.ndarray:
    slope *= x
    slope += share
    slope *= dy
    return slope
