"""Finds the coefficients of dlcli/kernels/erf.py: `python tools/fit_erf.py` prints them; needs mpmath.

erf(x) / x is a function of u = x^2. It is interpolated by a rational function P(u) / Q(u) at Chebyshev points of
0 <= x <= L, in 60 digits, which is close to the best such function. All coefficients come out positive, so that
evaluating them cancels nothing. Beyond L, erf is 1 to the last bit; L is moved up until the evaluated
formula, too, reaches 1 there, so that erf(L) is exactly 1 and what is 1 + erf(-L) exactly 0.
"""

import math
from collections.abc import Callable

import mpmath as mp
import numpy as np

from dlcli.kernels.erf import evaluate

START, P_DEGREE, Q_DEGREE = "5.8", 12, 12


def fit(
    limit: mp.mpf, p_degree: int, q_degree: int, function: Callable[[mp.mpf], mp.mpf] = mp.erf,
) -> tuple[list[mp.mpf], list[mp.mpf]]:
    """P and Q, lowest power first, Q's being 1, with P(u) / Q(u) = function(x) / x at the points."""
    count = p_degree + q_degree + 1
    matrix, right = mp.matrix(count, count), mp.matrix(count, 1)
    for i in range(count):
        x = limit * (1 + mp.cos(mp.pi * (2 * i + 1) / (2 * count))) / 2
        u, value = x * x, function(x) / x
        for j in range(p_degree + 1):
            matrix[i, j] = u**j
        for j in range(1, q_degree + 1):
            matrix[i, p_degree + j] = -value * u**j
        right[i] = value
    solution = mp.lu_solve(matrix, right)
    return [solution[j] for j in range(p_degree + 1)], [mp.mpf(1), *(solution[j] for j in range(p_degree + 1, count))]


def main() -> None:
    """Prints the coefficients with the largest error seen."""
    mp.mp.dps = 60
    P, Q = fit(mp.mpf(START), P_DEGREE, Q_DEGREE)
    p, q = tuple(float(c) for c in P), tuple(float(c) for c in Q)
    assert min(p + q) > 0, "a negative coefficient: take other degrees"
    limit = next(
        top for top in np.arange(float(START) - 0.02, float(START) + 0.1, 1 / 1024)
        if _value(np.array([top]), p, q)[0] >= 1
    )
    x = np.linspace(0, limit, 200_001)
    exact = np.array([math.erf(t) for t in x.tolist()])
    error = np.abs(np.minimum(_value(x, p, q), 1) - exact).max()
    print(f"# largest error {error:.2g}, 1 - erf(limit) = {1 - math.erf(limit):.2g}")
    print(f"LIMIT = {float(limit)!r}\nP = {p!r}\nQ = {q!r}")


def _value(x: np.ndarray, p: tuple[float, ...], q: tuple[float, ...]) -> np.ndarray:
    return evaluate(x, p, q, out=np.empty_like(x), work=(np.empty_like(x), np.empty_like(x)))


if __name__ == "__main__":
    main()
