"""Which classes are taken for which, most often first."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Confusion:
    """Class `true` was taken for class `predicted` `count` times, a `share` of its samples."""

    true: int
    predicted: int
    count: int
    share: float


def of_matrix(matrix: np.ndarray, *, most: int = 10) -> tuple[Confusion, ...]:
    """From a confusion matrix: (K, K) counts, rows true and columns predicted; at most `most` of them."""
    mistakes = matrix.copy()
    np.fill_diagonal(mistakes, 0)
    rows, columns = np.nonzero(mistakes)
    return _first(rows, columns, mistakes[rows, columns], matrix.sum(axis=1), most)


def of_samples(true: np.ndarray, predicted: np.ndarray, classes: int, *, most: int = 10) -> tuple[Confusion, ...]:
    """From class numbers: (N,) each, where there are too many classes for a matrix."""
    wrong = true != predicted
    cells, counts = np.unique(true[wrong].astype(np.int64) * classes + predicted[wrong], return_counts=True)
    return _first(cells // classes, cells % classes, counts, np.bincount(true, minlength=classes), most)


def _first(
    rows: np.ndarray, columns: np.ndarray, counts: np.ndarray, support: np.ndarray, most: int,
) -> tuple[Confusion, ...]:
    order = np.argsort(-counts, kind="stable")[:most]
    return tuple(
        Confusion(int(row), int(column), int(count), float(count / support[row]))
        for row, column, count in zip(rows[order], columns[order], counts[order], strict=True)
    )
