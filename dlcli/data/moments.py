"""Mean and standard deviation of more numbers than fit into memory."""

from collections.abc import Iterable

import numpy as np


def moments(parts: Iterable[np.ndarray], *, axis: int | None) -> tuple[np.ndarray, np.ndarray]:
    """(mean, std) over `axis` 0, or over all numbers, of the parts one after the other; float64, std divides by N.

    Where all numbers are equal, std counts as 1, so that dividing by it changes nothing.

    Source: the moments of pieces are merged as in Chan, Golub and LeVeque, "Updating formulae and a
    pairwise algorithm for computing sample variances", Stanford STAN-CS-79-773, 1979.
    """
    count, mean, square = 0, np.zeros(()), np.zeros(())
    for part in parts:
        more = part.size if axis is None else len(part)
        part_mean = np.asarray(part.mean(axis=axis))
        part_square = np.square(part - part_mean).sum(axis=axis)
        step = part_mean - mean
        total = count + more
        mean = mean + step * (more / total)
        square = square + part_square + np.square(step) * (count * more / total)
        count = total
    std = np.sqrt(square / max(1, count))
    # The deviation of equal numbers is rounding error, about 1e-16 of their size, where it is not 0.
    constant = std <= 1e-14 * np.abs(mean)
    return np.asarray(mean), np.asarray(np.where(constant, 1.0, std))
