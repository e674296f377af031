"""Finds the coefficients of dlcli/kernels/compiled/_functions.py: `python -m tools.fit_compiled` prints them.

Needs mpmath.
tanh(x) / x is interpolated by P(u) / Q(u), u = x^2, as `fit_erf.py` does it. exp(r) for |r| <= ln 2 / 2 is interpolated
by a polynomial at Chebyshev points; 1 and r are left as they are, so that exp(0) is exactly 1.
"""

import mpmath as mp
import numpy as np

from tools.fit_erf import fit

LIMIT, P_DEGREE, Q_DEGREE = "9.02", 5, 6
EXP_DEGREE = 6


def fit_exp(degree: int) -> list[mp.mpf]:
    """Coefficients of r^2 to r^degree."""
    count = degree - 1
    matrix, right = mp.matrix(count, count), mp.matrix(count, 1)
    for i in range(count):
        r = mp.log(2) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * count))
        for j in range(count):
            matrix[i, j] = r**j
        right[i] = (mp.exp(r) - 1 - r) / r**2 if abs(r) > 1e-20 else mp.mpf(1) / 2
    solution = mp.lu_solve(matrix, right)
    return [solution[j] for j in range(count)]


def main() -> None:
    """Prints the coefficients with the largest errors seen."""
    mp.mp.dps = 60
    P, Q = fit(mp.mpf(LIMIT), P_DEGREE, Q_DEGREE, mp.tanh)
    p, q = ([float(c) for c in coefficients] for coefficients in (P, Q))
    x = np.linspace(-9.1, 9.1, 400_001).astype(np.float32)
    value = _rational(np.clip(x, -float(LIMIT), float(LIMIT)), p, q)
    exact = np.tanh(x.astype(np.float64))
    error = np.abs(value - exact) / np.maximum(np.abs(exact), 1e-30)
    print(f"# tanh: largest relative error {error.max():.2g}, at the end {value[-1]!r}")
    print(f"P = {tuple(p)!r}\nQ = {tuple(q)!r}\n")
    c = [float(a) for a in fit_exp(EXP_DEGREE)]
    r = np.linspace(-0.34657, 0.34657, 400_001).astype(np.float32)
    value = np.full_like(r, c[-1])
    for a in c[-2::-1]:
        value = value * r + np.float32(a)
    value = (value * r * r + r) + np.float32(1)
    error = np.abs(value / np.exp(r.astype(np.float64)) - 1)
    print(f"# exp: largest relative error {error.max():.2g}\nE = {tuple(c)!r}")


def _rational(x: np.ndarray, p: list[float], q: list[float]) -> np.ndarray:
    u = x * x
    above, below = (np.full_like(x, c[-1]) for c in (p, q))
    for value, coefficients in ((above, p), (below, q)):
        for a in coefficients[-2::-1]:
            value *= u
            value += np.float32(a)
    return x * above / below


if __name__ == "__main__":
    main()
