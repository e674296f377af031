"""Labels as data sets bring them: integers, one-hot rows, integers written as floating point, one for each place."""

import numpy as np

from dlcli.core.source import Content
from dlcli.core.target import TeacherForcing
from dlcli.errors import DataError


def class_numbers(y: np.ndarray, *, where: str, name: str) -> np.ndarray:
    """y: (N,) integers of labels (N,), (N, 1) or one-hot rows (N, K). Raises DataError for anything else."""
    if y.ndim == 2 and y.shape[1] > 1:
        hot = np.equal(y, 1)
        wrong = np.flatnonzero((hot.sum(axis=1) != 1) | ((y != 0) & ~hot).any(axis=1))
        if len(wrong):
            raise DataError(
                f"row {wrong[0]} of {name} is not one-hot: one 1 and zeros elsewhere were expected ({len(wrong)} such "
                "row(s))", where=where, hint="give class numbers, one a sample, or set task: regression; where "
                "they are one class for each place of a sequence, set sequence: true",
            )
        return np.argmax(hot, axis=1)
    if y.ndim > 2 or (y.ndim == 2 and y.shape[1] == 0):
        raise DataError(
            f"{name} has shape {y.shape}; labels are one class number or one one-hot row a sample",
            where=where, hint="give class numbers of shape (N,), or set task: regression",
        )
    return _whole_numbers(y.reshape(len(y)), where=where, name=name)


def place_numbers(y: np.ndarray, *, where: str, name: str) -> np.ndarray:
    """y: (N, T) integers of labels (N, T), one for each place of a sequence. Raises DataError for anything else."""
    if y.ndim != 2 or not y.shape[1]:
        raise DataError(
            f"{name} has shape {y.shape}; sequence: true wants one class number for each of T places, (N, T)",
            where=where, hint="give y that shape, or take sequence and source_length out",
        )
    return _whole_numbers(y, where=where, name=name)


def check_forcing(x: Content, y: np.ndarray, forcing: TeacherForcing, *, where: str) -> None:
    """Raises DataError unless x: (N, S + T) is made of sources and y: (N, T) as `forcing` says; looks at the start."""
    S, start = forcing.source_length, forcing.start
    if x.ndim != 2 or x.shape[1] != S + y.shape[1]:
        raise DataError(
            f"x_train has shape {x.shape}; with source_length {S} and {y.shape[1]} places of y a sample should have "
            f"shape ({S + y.shape[1]},)", where=where,
            hint="write the source, the start and y[:, :-1] one after the other",
        )
    some, answers = x[:1000], y[:1000]
    wrong = np.flatnonzero((some[:, S] != start) | (some[:, S + 1:] != answers[:, :-1]).any(axis=1))
    if len(wrong):
        raise DataError(
            f"row {wrong[0]} of x_train should go on, after the {S} ids of the source, with {start} and then with row "
            f"{wrong[0]} of y_train without its last place; found {some[wrong[0], S:][:8].tolist()} and "
            f"{answers[wrong[0]][:8].tolist()}", where=where,
            hint="set dataset.start to the id that stands there, or write x as hstack([source, start, y[:, :-1]])",
        )


def _whole_numbers(y: np.ndarray, *, where: str, name: str) -> np.ndarray:
    if y.dtype.kind != "f":
        return y
    with np.errstate(invalid="ignore"):
        numbers = y.astype(np.intp)
    wrong = np.argwhere(numbers != y)
    if len(wrong):
        raise DataError(
            f"{name} has label {y[tuple(wrong[0])]:g} in row {wrong[0][0]}; class numbers are integers from 0 "
            f"({len(np.unique(wrong[:, 0]))} row(s) are not)", where=where,
            hint="correct the labels, or set task: regression",
        )
    return numbers


def class_count(y: np.ndarray, *, where: str) -> int:
    """Number of classes of training labels: one more than the largest. Raises DataError where that is implausible."""
    count = int(y.max(initial=0)) + 1
    if count > max(y.size, 2):
        raise DataError(
            f"y_train has label {count - 1} but only {y.size} labels; that many classes cannot be learned",
            where=where, hint="number the classes from 0, set dataset.classes, or set task: regression",
        )
    return max(count, 2)
