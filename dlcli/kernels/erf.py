"""The error function, which NumPy lacks."""

import numpy as np

BLOCK = 8192
"""Elements a block: the many passes over a block find its vectors in the cache next to the core."""


LIMIT = 5.7809765625
P = (
    1.1283791670955126, 0.21763921114479698, 0.06566163981451754, 0.006749003979531862,
    0.0008424697409808488, 5.530590399481576e-05, 3.8072849364609155e-06,
    1.6341240982500033e-07, 6.567444960586261e-09, 1.6571031749064387e-10,
    3.318203134273106e-12, 2.3034173834808257e-14, 1.66946591185148e-17,
)
Q = (
    1.0, 0.5262110622841504, 0.1335948006010564, 0.021701166828109863, 0.0025200667709270683,
    0.00022116117334713774, 1.5094970824405346e-05, 8.101498394114031e-07,
    3.401554507900911e-08, 1.0882017450475485e-09, 2.4818181097639348e-11,
    3.372607253447997e-13, 9.289319089602024e-16,
)
"""erf(x) = x P(x^2) / Q(x^2) up to LIMIT, 1 beyond; from the lowest power on. `tools/fit_erf.py` finds them."""


def erf(x: np.ndarray, *, out: np.ndarray, work: np.ndarray) -> np.ndarray:
    """2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x, into `out`: within 1.3e-15 in float64.

    `out`: contiguous, of the shape of x; `work`: `work_shape(x.size)`.
    """
    values, results = x.reshape(-1), out.reshape(-1)
    for start in range(0, values.size, BLOCK):
        result = results[start:start + BLOCK]
        clipped, square, below = work[:, :result.size]
        np.maximum(values[start:start + BLOCK], -LIMIT, out=clipped)
        np.minimum(clipped, LIMIT, out=clipped)
        evaluate(clipped, P, Q, out=result, work=(square, below))
        np.maximum(result, -1, out=result)
        np.minimum(result, 1, out=result)
    return out


def work_shape(size: int) -> tuple[int, int]:
    """Shape of the working memory that `erf` needs for `size` numbers."""
    return 3, min(size, BLOCK)


def evaluate(
    x: np.ndarray, p: tuple[float, ...], q: tuple[float, ...], *, out: np.ndarray, work: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """x P(x^2) / Q(x^2) into `out`; all are vectors of one length."""
    square, below = work
    np.multiply(x, x, square)
    for value, coefficients in ((out, p), (below, q)):
        np.multiply(square, coefficients[-1], value)
        np.add(value, coefficients[-2], value)
        for c in coefficients[-3::-1]:
            np.multiply(value, square, value)
            np.add(value, c, value)
    np.divide(out, below, out)
    np.multiply(out, x, out)
    return out
