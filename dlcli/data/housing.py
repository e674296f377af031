"""Tables of known columns, in CSV or as Keras ships them, that the housing data sets are made of."""

from collections.abc import Sequence
from functools import partial
from math import isclose
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dlcli.core.dataset import DataEnv, Splits
from dlcli.core.target import DataSpec, Target
from dlcli.data import archive
from dlcli.data.cells import read_cells
from dlcli.data.fetch import Mirror
from dlcli.data.single import Single
from dlcli.data.splits import whole
from dlcli.errors import DataError

_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"


class Content(NamedTuple):
    """What is known of a table: the columns in order, the target last; its rows; and the mean of the target."""

    columns: tuple[str, ...]
    rows: int
    mean: float


def housing(name: str, content: Content, mirrors: Sequence[Mirror] = ()) -> Single:
    """The file of a housing data set: NAME.csv or Keras' NAME.npz, in a folder of that name or not."""
    files = [f"{name}.csv", f"{name}/{name}.csv", f"{name}.npz", f"{name}/{name}.npz"]
    every = (Mirror(f"{_KERAS}/{name}.npz", f"{name}/{name}.npz"), *mirrors)
    return Single(name, tuple(files), every, partial(read, content=content))


def describe(content: Content) -> DataSpec:
    """A row of numbers, and one number."""
    return DataSpec(input_shape=(len(content.columns) - 1,), dtype="float32", target=Target(kind="numbers"))


def splits(file: Single, content: Content, env: DataEnv, *, unit: float = 1.0) -> Splits:
    """All rows for training; the target in units of `unit`."""
    x, y = file.read(env, partial(read, content=content))
    return Splits(spec=describe(content), train=whole(x.astype(np.float32), (y / unit).astype(np.float32)))


def read(path: Path, *, content: Content) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) in float64. Raises DataError unless it is the table that is known."""
    if path.name.endswith(".npz"):
        found = archive.arrays(path)
        if not {"x", "y"} <= found.keys():
            raise DataError(f"expected arrays x and y; found {', '.join(found)}", where=str(path), hint=_HINT)
        x, y = found["x"].astype(np.float64), found["y"].astype(np.float64).reshape(-1)
    else:
        cells = read_cells(path)
        positions = [cells.find(column, "type") for column in content.columns]
        table = cells.without_head().numbers(positions, content.columns)
        x, y = table[:, :-1], table[:, -1]
    shape = (content.rows, len(content.columns) - 1)
    if x.shape != shape or y.shape != shape[:1] or not isclose(y.mean(), content.mean, rel_tol=1e-4):
        raise DataError(
            f"expected {shape[0]} rows of {shape[1]} features and a mean target of {content.mean:g}; found x of shape "
            f"{x.shape}, y of shape {y.shape}, mean {y.mean() if y.size else float('nan'):g}",
            where=str(path), hint=_HINT,
        )
    return x, y


_HINT = "delete this file, or put the original in its place; a table of your own is another data set"
