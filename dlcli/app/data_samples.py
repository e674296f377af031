"""Looks into a data set: what a sample is, how many there are of what, and the first ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from dlcli.app.catalog import component
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config.explain import explain
from dlcli.config.overrides import apply
from dlcli.config.source import Source
from dlcli.core.component import from_yaml
from dlcli.core.dataset import Dataset, Split
from dlcli.core.target import DataSpec
from dlcli.data import load as data
from dlcli.data.classes import classes_of
from dlcli.data.pieces import cuts
from dlcli.data.rows_of import RowsOf
from dlcli.errors import ConfigError, UsageError
from dlcli.report import samples, table_columns


@dataclass(frozen=True, kw_only=True)
class Part:
    """One split: `low` and `high` bound its inputs; `classes` counts samples by label, empty for numbers."""

    samples: int
    low: float
    high: float
    classes: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is in a data set. `x` are the first training samples; `targets` says what is wanted of each."""

    name: str
    spec: DataSpec
    parts: dict[str, Part]
    x: np.ndarray
    targets: list[str]

    def first(self, count: int) -> "Look":
        """The same with at most `count` samples."""
        return replace(self, x=self.x[:count], targets=self.targets[:count])

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        spec = self.spec
        return {
            "name": self.name, "input_shape": list(spec.input_shape), "dtype": spec.dtype, "image": spec.image,
            "target": spec.target.kind, "labels": list(spec.target.labels), "target_shape": list(spec.target.shape),
            "splits": {
                name: {"samples": part.samples, "range": [part.low, part.high], "classes": part.classes}
                for name, part in self.parts.items()
            },
            **({"columns": table_columns.as_dicts(spec.table)} if spec.table else {}),
            "first": [{"x": x.tolist(), "y": y} for x, y in zip(self.x, self.targets, strict=True)],
        }


def look(
    name: str, settings: Sequence[str], surroundings: Surroundings, ui: Ui, *, count: int, picture: Path | None = None,
) -> Look:
    """Loads a data set as its keys say (`settings`: KEY=VALUE) and looks at it; draws `count` images to `picture`.

    Raises ConfigError for keys that do not fit, UsageError where there is nothing to draw, DataError.
    """
    dataset = described(name, settings)
    env = surroundings.data_env(config_dir=None, seed=0, warn=ui.warn)
    loaded = data.load(dataset, env)
    spec = loaded.spec
    train = Split(x=loaded.train.x, y=loaded.train.y, rows=loaded.train.rows[:count])
    if picture is not None:
        if not spec.image or spec.target.kind != "classes":
            raise UsageError(
                f"the samples of {name} are no images: there is nothing to draw", where="-o", hint="leave out -o",
            )
        samples.draw(picture, RowsOf(train), classes_of(train, spec), None, spec.target.labels)
    splits = {"train": loaded.train, "validation": loaded.validation, "test": loaded.test}
    return Look(
        name=name, spec=spec, parts={key: _part(split, spec) for key, split in splits.items() if split is not None},
        x=np.asarray(train.x[train.rows]), targets=_said(train, spec),
    )


def described(name: str, settings: Sequence[str] = ()) -> Dataset:
    """The data set with these keys. Raises UsageError for an unknown name, ConfigError for keys that do not fit."""
    kind = component("datasets", name).type_name()
    source = apply(Source({"type": kind}, f"dataset {kind}", {}), settings)
    try:
        dataset: Dataset = from_yaml(Dataset, source.data)
    except ValidationError as error:
        raise ConfigError([explain(source, e) for e in error.errors(include_url=False)]) from None
    return dataset


def _part(split: Split, spec: DataSpec) -> Part:
    low, high = np.inf, -np.inf
    for cut in cuts(len(split), max(1, int(np.prod(split.x.shape[1:])))):
        piece = split.x[split.rows[cut]]
        low, high = min(low, float(piece.min())), max(high, float(piece.max()))
    labels = spec.target.labels
    counts = np.bincount(classes_of(split, spec).ravel(), minlength=len(labels)).tolist() if labels else []
    return Part(samples=len(split), low=low, high=high, classes=dict(zip(labels, counts, strict=True)))


def _said(split: Split, spec: DataSpec) -> list[str]:
    if spec.target.kind == "classes" and not spec.target.shape:
        return [spec.target.labels[number] for number in classes_of(split, spec)]
    return [np.array2string(y, precision=4, threshold=8, separator=" ") for y in np.asarray(split.y[split.rows])]
