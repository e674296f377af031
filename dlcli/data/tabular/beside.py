"""Rows of a table as a split, and the columns that stand beside its features: target, weights, groups and times."""

from typing import TYPE_CHECKING

import numpy as np

from dlcli.core.dataset import Split
from dlcli.core.target import Target
from dlcli.data.weights import sample_weights
from dlcli.errors import DataError, DataKeyError

if TYPE_CHECKING:  # polars is imported where a table is read, not where one is configured
    from dlcli.data.tabular.raw import RawTable


def split_of(raw: "RawTable", name: str | None, target: Target) -> Split:
    """All rows as they are; `name` is the column of the target, if there is one."""
    from dlcli.data.tabular.samples import RawRows
    from dlcli.data.tabular.target import values_of

    y = np.zeros(len(raw), np.float32) if name is None else values_of(raw, name, target)
    return Split(x=RawRows(raw), y=y, rows=np.arange(len(raw), dtype=np.intp))


def raw_of(split: Split) -> "RawTable":
    """The rows that `split_of` was given."""
    raw: RawTable = split.x.raw  # type: ignore[union-attr]  # what load gave
    return raw


def weights_of(raw: "RawTable", name: str | None) -> np.ndarray | None:
    """The column `sample_weight`."""
    if name is None:
        return None
    aside = raw.aside[name]
    if aside.column.kind not in ("number", "boolean"):
        raise DataKeyError(
            f"column '{name}' is a {aside.column.kind}; weights are numbers", path=("sample_weight",),
            where=raw.places.name, hint="name a column of numbers",
        )
    weights = np.asarray(values_beside(raw, name, "sample_weight"), np.float64)
    return sample_weights(weights, len(raw), where=raw.places.name, name=f"'{name}'")


def values_beside(raw: "RawTable", name: str | None, key: str) -> np.ndarray | None:
    """The column `group`, `time` or `sample_weight`, one value a row."""
    if name is None:
        return None
    aside = raw.aside[name]
    if key == "time" and aside.column.kind == "category":
        raise DataKeyError(
            f"column '{name}' holds neither dates nor numbers", path=(key,), where=raw.places.name,
            hint="say how its dates are written, such as dataset.date_format: '%m/%d/%Y'",
        )
    missing = aside.missing()
    if missing.any():
        raise DataError(
            f"the {key} '{name}' is missing ({np.count_nonzero(missing)} rows)", where=raw.place(int(missing.argmax())),
            hint="fill it in, or leave the row out",
        )
    return aside.values.astype(np.float64) if key == "time" else aside.values
