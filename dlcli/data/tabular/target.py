"""The target of a table: classes with their names, or numbers."""

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np

from dlcli.core.target import Target
from dlcli.data.tabular.raw import Aside, RawTable
from dlcli.errors import DataError

_WHOLE = re.compile(r"-?\d+")
Task = Literal["classification", "regression"]
_MOST_CLASSES = 20  # different whole numbers that count as classes, where `task` does not say it
_ROWS_A_CLASS = 5


def target_of(raw: RawTable, name: str, task: Task | None, classes: Sequence[str] | None) -> Target:
    """The nature of the target column. Raises DataError where nothing can be learned from it."""
    aside = raw.aside[name]
    if aside.column.kind == "date":
        raise DataError(
            f"the target '{name}' holds dates; classes and numbers can be predicted", where=raw.places.name,
            hint="name another column as dataset.target",
        )
    if (task or _task(aside)) == "regression":
        values = aside.values
        assert aside.column.kind == "number", "a column that is declared to be of numbers is"
        if len(values) > 1 and values.min() == values.max():
            raise DataError(
                f"the target '{name}' is {values[0]:g} in every row: there is nothing to be learned",
                where=raw.places.name, hint="name another column as dataset.target",
            )
        return Target(kind="numbers")
    labels = tuple(classes) if classes is not None else _labels(raw, name)
    if len(labels) < 2:
        raise DataError(
            f"the target '{name}' is {labels[0]!r} in every row: there is only one class", where=raw.places.name,
            hint="give rows of other classes, or name another column as dataset.target",
        )
    if task is None and classes is None and len(labels) > max(2, len(raw) // 2):
        raise DataError(
            f"the target '{name}' has {len(labels)} different values in {len(raw)} rows; classes that can be learned "
            "have several rows each", where=raw.places.name,
            hint="set dataset.task: regression, or name another column as dataset.target",
        )
    return Target(kind="classes", labels=labels)


def values_of(raw: RawTable, name: str, target: Target) -> np.ndarray:
    """y: (N,) class numbers or float32. Raises DataError for a class that is not among the labels."""
    aside = raw.aside[name]
    if target.kind == "numbers":
        return aside.values.astype(np.float32)
    words, numbers = _words(raw, name)
    known = {label: number for number, label in enumerate(target.labels)}
    table = np.array([known.get(word, -1) for word in words], np.int32)
    y = table[numbers]
    if len(y) and y.min() < 0:
        row = int(np.argmin(y))
        raise DataError(
            f"the target '{name}' is {words[numbers[row]]!r}; the classes are {', '.join(target.labels)}",
            where=raw.place(row), hint="correct the cell, or dataset.classes",
        )
    return y


def _task(aside: Aside) -> Task:
    """Words are classes, and so are a few whole numbers that come again and again."""
    if aside.column.kind == "category":
        return "classification"
    distinct = np.unique(aside.values[:100_000])
    if len(distinct) > _MOST_CLASSES or np.any(distinct != np.round(distinct)):
        return "regression"
    distinct = np.unique(aside.values)
    few = len(distinct) <= 2 or (
        len(distinct) <= _MOST_CLASSES and len(aside.values) >= _ROWS_A_CLASS * len(distinct)
    )
    return "classification" if few and np.array_equal(distinct, np.round(distinct)) else "regression"


def _labels(raw: RawTable, name: str) -> tuple[str, ...]:
    """All classes, sorted: as numbers where all are whole numbers, else as words."""
    words, numbers = _words(raw, name)
    present = {words[number] for number in np.unique(numbers)}
    return tuple(sorted(present, key=int if all(_WHOLE.fullmatch(word) for word in present) else str))


def _words(raw: RawTable, name: str) -> tuple[Sequence[str], np.ndarray]:
    """(different classes, (N,) which of them each row has). Raises DataError for a number with a fraction."""
    column, values = raw.aside[name]
    if column.kind == "category":
        return column.categories, values
    broken = np.flatnonzero(values != np.round(values))
    if len(broken):
        raise DataError(
            f"the target '{name}' is {values[broken[0]]:g}, which is no class ({len(broken)} rows)",
            where=raw.place(int(broken[0])), hint="set dataset.task: regression",
        )
    distinct, numbers = np.unique(values, return_inverse=True)
    return [str(int(value)) for value in distinct], numbers
