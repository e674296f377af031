"""What must hold for the samples of every data set, whatever it was read from."""

from math import prod

import numpy as np

from dlcli.core.dataset import Split, Splits
from dlcli.core.source import Content
from dlcli.core.target import DataSpec
from dlcli.data.pieces import cuts
from dlcli.data.windows import unrolled
from dlcli.errors import DataError


def check(splits: Splits, source: str, *, finite: bool = True) -> None:
    """Raises DataError where the samples are not what `splits.spec` says; `source` names the data in the error.

    Where `finite` is false, numbers may be NaN or infinite: who asks for that looks for them.
    """
    named = {"training": splits.train, "validation": splits.validation, "test": splits.test}
    seen: set[tuple[int, int]] = set()
    for name, split in named.items():
        if split is None:
            continue
        where = f"{source}, {name} split"
        _check_shapes(split, splits.spec, where)
        if (id(split.x), id(split.y)) in seen:
            continue
        seen.add((id(split.x), id(split.y)))
        if finite:
            check_finite(unrolled(split.x), where=where, name="x")
        if splits.spec.target.kind == "classes":
            check_labels(unrolled(split.y), splits.spec.target.classes, where=where)
        elif finite:
            check_finite(unrolled(split.y), where=where, name="y")


def _check_shapes(split: Split, spec: DataSpec, where: str) -> None:
    x, y = split.x, split.y
    if len(x) != len(y):
        raise DataError(
            f"x has {len(x)} samples, y has {len(y)}; there must be one y for every x",
            where=where, hint="write both again from the same rows",
        )
    if not len(split) or not prod(x.shape[1:]):
        raise DataError(
            f"at least one sample with at least one number is needed; found x of shape {x.shape}",
            where=where, hint="check how the data was written",
        )
    if x.shape[1:] != spec.input_shape:
        raise DataError(
            f"a sample should have shape {spec.input_shape}; found {x.shape[1:]}",
            where=where, hint="all splits must come from the same kind of data",
        )


def check_finite(a: Content, *, where: str, name: str, first: int = 0) -> None:
    """Raises DataError where `a` holds NaN or infinity; its row 0 is called row `first`."""
    if a.dtype.kind != "f":
        return
    bad, row = 0, -1
    for cut in cuts(len(a), prod(a.shape[1:])):
        piece = a[cut]
        finite = np.isfinite(piece)
        if finite.all():
            continue
        if not bad:
            row = cut.start + int(np.argmin(finite.reshape(len(piece), -1).all(axis=1)))
        bad += int(piece.size - np.count_nonzero(finite))
    if bad:
        raise DataError(
            f"{name} holds {bad} value(s) that are NaN or infinite, the first in row {first + row}; "
            "only finite numbers can be learned from",
            where=where, hint="remove those rows, or fill the gaps, before training",
        )


def check_labels(y: Content, classes: int, *, where: str, name: str = "y") -> None:
    """Raises DataError unless y holds integers from 0 to classes - 1."""
    if y.dtype.kind not in "bui":
        raise DataError(
            f"{name} should hold class numbers (integers); found {y.dtype}",
            where=where, hint="number the classes 0, 1, 2 ... and keep the names in the key 'classes'",
        )
    wrong, row, value = 0, -1, 0
    for cut in cuts(len(y), prod(y.shape[1:])):
        piece = y[cut]
        outside = (piece < 0) | (piece >= classes)
        if not outside.any():
            continue
        rows = outside.reshape(len(piece), -1).any(axis=1)
        if not wrong:
            row, value = cut.start + int(np.argmax(rows)), piece[outside][0]
        wrong += int(np.count_nonzero(rows))
    if wrong:
        raise DataError(
            f"{name} has label {value} in row {row}; with {classes} classes, labels go from 0 to {classes - 1} "
            f"({wrong} row(s) are out of range)",
            where=where, hint="correct the labels, or set the number of classes to what the data has",
        )
