"""Labels as data sets bring them: integers, one-hot rows, integers written as floating point."""

import numpy as np

from dlcli.errors import DataError


def class_numbers(y: np.ndarray, *, where: str, name: str) -> np.ndarray:
    """y: (N,) integers of labels (N,), (N, 1) or one-hot rows (N, K). Raises DataError for anything else."""
    if y.ndim == 2 and y.shape[1] > 1:
        hot = np.equal(y, 1)
        wrong = np.flatnonzero((hot.sum(axis=1) != 1) | ((y != 0) & ~hot).any(axis=1))
        if len(wrong):
            raise DataError(
                f"row {wrong[0]} of {name} is not one-hot: one 1 and zeros elsewhere were expected ({len(wrong)} such "
                "row(s))", where=where, hint="give class numbers, one a sample, or set task: regression",
            )
        return np.argmax(hot, axis=1)
    if y.ndim > 2 or (y.ndim == 2 and y.shape[1] == 0):
        raise DataError(
            f"{name} has shape {y.shape}; labels are one class number or one one-hot row a sample",
            where=where, hint="give class numbers of shape (N,), or set task: regression",
        )
    y = y.reshape(len(y))
    if y.dtype.kind != "f":
        return y
    with np.errstate(invalid="ignore"):
        numbers = y.astype(np.intp)
    wrong = np.flatnonzero(numbers != y)
    if len(wrong):
        raise DataError(
            f"{name} has label {y[wrong[0]]:g} in row {wrong[0]}; class numbers are integers from 0 "
            f"({len(wrong)} row(s) are not)", where=where, hint="correct the labels, or set task: regression",
        )
    return numbers


def class_count(y: np.ndarray, *, where: str) -> int:
    """Number of classes of training labels: one more than the largest. Raises DataError where that is implausible."""
    count = int(y.max(initial=0)) + 1
    if count > max(len(y), 2):
        raise DataError(
            f"y_train has label {count - 1} but only {len(y)} samples; that many classes cannot be learned",
            where=where, hint="number the classes from 0, set dataset.classes, or set task: regression",
        )
    return max(count, 2)
