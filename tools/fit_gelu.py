"""Finds the coefficients of dlcli/kernels/gelu.py: `python -m tools.fit_gelu` prints them.

exp(z^2 / 2) times the normal distribution function at -z, for z >= 0, is a smooth falling function. It is approximated
by c P(z) / Q(z), P and Q of degrees 2 and 3 that begin with 1: least squares, linear after a multiplication by Q, whose
weights grow where the error is large until it is about equally large everywhere. What counts is the error of the
distribution function, exp(-z^2 / 2) times that of the fraction.
"""

import math

import numpy as np

LAST, P_DEGREE, Q_DEGREE, ROUNDS = 7.0, 2, 3, 400


def fit() -> tuple[np.ndarray, np.ndarray, float]:
    """P and Q, lowest power first, Q's being 1, and the largest error."""
    z = np.linspace(0, LAST, 4001)
    density = np.exp(-z * z / 2)
    wanted = np.array([math.erfc(number / math.sqrt(2)) / 2 for number in z]) / density
    columns = [z**k for k in range(P_DEGREE + 1)] + [-wanted * z**k for k in range(1, Q_DEGREE + 1)]
    weight, below, best = np.ones_like(z), np.ones_like(z), (np.empty(0), np.empty(0), math.inf)
    for _ in range(ROUNDS):
        rows = (density * weight / below)[:, None]
        found = np.linalg.lstsq(np.stack(columns, 1) * rows, wanted * rows[:, 0], rcond=None)[0]
        P, Q = found[:P_DEGREE + 1], np.concatenate([[1.0], found[P_DEGREE + 1:]])
        below = np.polyval(Q[::-1], z)
        errors = np.abs(np.polyval(P[::-1], z) / below - wanted) * density
        if errors.max() < best[2]:
            best = P, Q, float(errors.max())
        weight *= (errors / errors.max() + 1e-3) ** 0.2
        weight /= weight.max()
    return best


def main() -> None:
    """Prints c, and P and Q without their first coefficient, highest power first."""
    P, Q, error = fit()
    print(f"# largest error of the distribution function: {error:.2g}")
    print(f"FACTOR = {float(P[-1] / Q[-1])!r}")
    print(f"ABOVE = {tuple((P / P[-1])[-2::-1].tolist())!r}\nBELOW = {tuple((Q / Q[-1])[-2::-1].tolist())!r}")


if __name__ == "__main__":
    main()
