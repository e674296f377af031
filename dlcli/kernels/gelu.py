"""The Gaussian error linear unit x F(x), F being the normal distribution function, with its derivative F(x) + x F'(x).

Both come out of one pass, since they share the exponential function; nothing is left to do on the way back but a
multiplication. In float32, F(-z) = exp(-z^2 / 2) c P(z) / Q(z) for z >= 0, within 6e-8; `tools/fit_gelu.py` finds the
coefficients. In float64, by `erf`.
"""

from math import pi, sqrt

import numpy as np

from dlcli.kernels.choice import kernel
from dlcli.kernels.erf import erf

CUBIC = 0.044715
BLOCK = 98_304
"""Numbers a block: as few calls as pay, since lanes wait for each other at every one."""
LIMIT = 15.0
"""From here on exp(-z^2 / 2) is 0 in float32."""
FACTOR = 0.40591393760509664
ABOVE = (5.306574393937143, 12.306531123385618)
BELOW = (5.613190319620293, 12.27960243383991, 9.990783826889865)
"""P and Q from the highest power on, whose coefficient is 1."""
DENSITY = 1 / sqrt(2 * pi)


def work_shape(size: int) -> tuple[int, int]:
    """Shape of the working memory that either kernel needs for so many numbers."""
    return 4, min(size, BLOCK)


@kernel
def gelu(x: np.ndarray, *, out: np.ndarray, slope: np.ndarray | None, work: np.ndarray) -> np.ndarray:
    """x F(x) into `out`, and its derivative into `slope` where it is wanted, which may be x; all are contiguous.

    `work`: `work_shape(x.size)`.
    """
    single = x.dtype == np.float32
    work[3].fill(LIMIT)
    values, results, slopes = x.reshape(-1), out.reshape(-1), None if slope is None else slope.reshape(-1)
    for start in range(0, values.size, BLOCK):
        block = slice(start, start + BLOCK)
        value, y = values[block], results[block]
        parts = work[:, :y.size]
        share = (_share if single else _exact_share)(value, parts, y)
        np.multiply(value, share, out=y)
        if slopes is None:
            continue
        bell = parts[0] if single else _bell(value, parts[0])
        bell *= value
        bell *= DENSITY
        np.add(bell, share, out=slopes[block])
    return out


def _bell(x: np.ndarray, out: np.ndarray) -> np.ndarray:
    """exp(-x^2 / 2)."""
    np.multiply(x, x, out=out)
    out *= -0.5
    return np.exp(out, out=out)


def _share(x: np.ndarray, parts: np.ndarray, size: np.ndarray) -> np.ndarray:
    """F(x); exp(-x^2 / 2) into the first of the parts, while the last holds LIMIT. `size`: working memory."""
    bell, share, below, limit = parts
    np.absolute(x, out=size)
    np.minimum(size, limit, out=size)
    _bell(size, bell)
    np.add(size, ABOVE[0], out=share)
    share *= size
    share += ABOVE[1]
    share *= bell
    np.add(size, BELOW[0], out=below)
    below *= size
    below += BELOW[1]
    below *= size
    below += BELOW[2]
    share /= below
    share *= -FACTOR
    share += 0.5
    np.copysign(share, x, out=share)
    share += 0.5
    return share


def _exact_share(x: np.ndarray, parts: np.ndarray, scaled: np.ndarray) -> np.ndarray:
    """F(x) to the last bits. `scaled`: working memory."""
    np.multiply(x, sqrt(0.5), out=scaled)
    share = erf(scaled, out=parts[3], work=parts[:3])
    share += 1
    share *= 0.5
    return share


@kernel
def gelu_approximate(x: np.ndarray, *, out: np.ndarray, slope: np.ndarray | None, work: np.ndarray) -> np.ndarray:
    """As `gelu` with F(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2: F' = 2 F (1 - F) times the inner slope."""
    values, results, slopes = x.reshape(-1), out.reshape(-1), None if slope is None else slope.reshape(-1)
    for start in range(0, values.size, BLOCK):
        block = slice(start, start + BLOCK)
        value, y = values[block], results[block]
        square, share, rest, _ = work[:, :y.size]
        np.multiply(value, value, out=square)
        np.multiply(square, CUBIC, out=share)
        share += 1
        share *= value
        share *= sqrt(2 / pi)
        np.tanh(share, out=share)
        share += 1
        share *= 0.5
        np.multiply(value, share, out=y)
        if slopes is None:
            continue
        square *= 3 * CUBIC
        square += 1
        square *= 2 * sqrt(2 / pi)
        np.subtract(1, share, out=rest)
        square *= rest
        square *= y
        np.add(square, share, out=slopes[block])
    return out
