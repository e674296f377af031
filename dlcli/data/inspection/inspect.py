"""Shows the samples of a data set to all that look for something, once, piece by piece."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from dlcli.core.dataset import Split
from dlcli.core.target import DataSpec
from dlcli.data.classes import one_class_each
from dlcli.data.inspection.balance import Balance
from dlcli.data.inspection.columns import Columns
from dlcli.data.inspection.finding import MOST, Finding, Piece, Subject, of, worst_first
from dlcli.data.inspection.identical import Identical
from dlcli.data.inspection.neighbours import Neighbours
from dlcli.data.inspection.numbers import Numbers
from dlcli.data.inspection.values import Values
from dlcli.data.load import Loaded
from dlcli.data.pieces import cuts
from dlcli.errors import DataError

_UNREADABLE = 1_000  # samples that cannot be read, after which no more are tried


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What was found, what is worst first. `classes`: samples of each class by split, empty where there are none."""

    findings: tuple[Finding, ...]
    classes: dict[str, list[int]]


def inspect(loaded: Loaded, *, learns_classes: bool = True) -> Inspection:
    """Looks at every sample of every split; `learns_classes` is false for what does not, such as a GAN."""
    subject = _subject(loaded, learns_classes)
    balance = Balance(subject)
    watchers = [
        Values(subject), Identical(subject), balance, Columns(subject), Numbers(subject), Neighbours(subject),
    ]
    findings: list[Finding] = []
    for part, split in subject.parts.items():
        unreadable: list[tuple[int, str]] = []
        for rows, x, y in _read(split, unreadable):
            labels = _labels(y, subject.spec)
            for watcher in watchers:
                watcher.see(Piece(part=part, rows=rows, x=x, y=y, labels=labels))
        if unreadable:
            findings.append(_unreadable(part, split, unreadable))
    for watcher in watchers:
        findings += watcher.findings()
    return Inspection(
        findings=worst_first(findings), classes={part: counts.tolist() for part, counts in balance.counts.items()},
    )


def _subject(loaded: Loaded, learns_classes: bool) -> Subject:
    spec, used = loaded.spec, loaded.used
    parts = {"train": loaded.train, "validation": loaded.validation, "test": loaded.test}
    drawn = {"validation": bool(used.validation_split or used.fold), "test": bool(used.test_split)}
    return Subject(
        spec=spec, parts={name: split for name, split in parts.items() if split is not None},
        drawn=frozenset(name for name, is_drawn in drawn.items() if is_drawn),
        classes=learns_classes and one_class_each(spec) and not used.autoencode,
        ordered=used.spacing > 0, columns=_columns(spec),
        has_groups=hasattr(used, "group") or hasattr(used, "group_path"),
    )


def _columns(spec: DataSpec) -> tuple[str, ...]:
    """Names of the numbers of a sample, or of the features of a step; none where places mean nothing by themselves."""
    if spec.table is not None:
        return tuple(spec.table.places())
    ids = spec.tokens is not None or spec.forcing is not None or (spec.target.kind == "classes" and spec.target.shape)
    if spec.image or ids or len(spec.input_shape) not in (1, 2):
        return ()
    return tuple(f"column {k}" for k in range(spec.input_shape[-1]))


def _labels(y: np.ndarray, spec: DataSpec) -> np.ndarray | None:
    if spec.target.kind != "classes":
        return None
    return y if y.ndim == 1 + len(spec.target.shape) else np.argmax(y, axis=-1)


def _read(split: Split, unreadable: list[tuple[int, str]]) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(rows, x, y) of all samples, a piece at a time; those that cannot be read are left out and named."""
    for cut in cuts(len(split), max(1, prod(split.x.shape[1:]))):
        rows = split.rows[cut]
        try:
            yield rows, np.asarray(split.x[rows]), np.asarray(split.y[rows])
            continue
        except DataError:
            pass  # one of them, or more: each is tried by itself
        for row in rows:
            one = np.array([row])
            try:
                x, y = np.asarray(split.x[one]), np.asarray(split.y[one])
            except DataError as error:
                unreadable.append((int(row), str(error)))
                if len(unreadable) >= _UNREADABLE:
                    raise
                continue
            yield one, x, y


def _unreadable(part: str, split: Split, found: list[tuple[int, str]]) -> Finding:
    return Finding(
        level="error", check="values", split=part, count=len(found), examples=tuple(row for row, _ in found[:MOST]),
        message=f"{of(len(found), len(split), 'samples')} cannot be read: " + " | ".join(
            message.splitlines()[0] for _, message in found[:MOST]
        ), hint="repair these files, or take them out",
    )
