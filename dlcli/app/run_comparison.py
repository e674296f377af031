"""Runs side by side: their figures, and in what they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlcli import registry
from dlcli.app.run_details import Details, details
from dlcli.app.run_settings import settings
from dlcli.errors import UsageError
from dlcli.runs.directory import RunDirectory

_MISSING = "(absent)"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Rows by name, each with one value a run. `best` is the number of the run with the best figure."""

    runs: tuple[str, ...]
    figures: dict[str, list[float | None]]
    best: dict[str, int]
    config: dict[str, list[Any]]
    surroundings: dict[str, list[Any]]
    same_weights: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "runs": list(self.runs), "figures": self.figures,
            "best": {name: self.runs[number] for name, number in self.best.items()},
            "config": self.config, "surroundings": self.surroundings, "same_weights": self.same_weights,
        }


def compare(runs: Sequence[RunDirectory]) -> Comparison:
    """All figures, and those keys of configuration, data and environment in which the runs differ.

    Raises UsageError where there are not at least two runs.
    """
    if len({run.path for run in runs}) < 2:
        raise UsageError("a comparison needs two different runs", hint="`dlcli runs list` shows what there is")
    known = [details(run) for run in runs]
    figures = _table([{
        **one.overview.metrics, **{f"test_{name}": value for name, value in one.overview.test.items()},
        "epoch": one.overview.epoch, "step": one.overview.step, "seconds": one.overview.seconds,
    } for one in known], None)
    hashes = {one.overview.weights_sha256 for one in known}
    return Comparison(
        runs=tuple(run.id for run in runs), figures=figures,
        best={name: number for name, row in figures.items() if (number := _best(name, row)) is not None},
        config=_differing(settings(runs)),
        surroundings=_differing(_table([_surroundings(one) for one in known], _MISSING)),
        same_weights=len(hashes) == 1 and None not in hashes,
    )


def _surroundings(one: Details) -> dict[str, Any]:
    environment = one.environment
    blas = [f"{b.get('internal_api')} {b.get('version')} {b.get('architecture')}" for b in environment.get("blas", ())]
    plain = {key: value for key, value in environment.items() if isinstance(value, str | int)}
    return {
        **plain, **environment.get("libraries", {}), "blas": ", ".join(blas),
        "data": one.data.get("dataset"), "data sha256": one.data.get("sha256"),
        **{f"{split} samples": count for split, count in one.data.get("splits", {}).items()},
    }


def _table(columns: list[dict[str, Any]], missing: Any) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for column in columns for name in column)
    return {name: [column.get(name, missing) for column in columns] for name in names}


def _differing(table: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: row for name, row in table.items() if any(value != row[0] for value in row)}


def _best(figure: str, row: list[float | None]) -> int | None:
    """The number of the best value; None where nothing is better than another, or more is neither good nor bad."""
    name = figure.removeprefix("test_").removeprefix("val_")
    known = {number: value for number, value in enumerate(row) if value is not None and value == value}
    if name not in registry.names("metrics") or len(set(known.values())) < 2:
        return None
    choose = max if registry.get("metrics", name).mode == "max" else min
    return choose(known, key=lambda number: known[number])
