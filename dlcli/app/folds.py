"""Cross-validation: one run a fold, and what all of them come to."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import nan
from statistics import fmean, stdev
from typing import Any

from dlcli import files
from dlcli.app import configure, transfer
from dlcli.app.configure import Configured
from dlcli.app.resume import resume
from dlcli.app.surroundings import Surroundings
from dlcli.app.train import train
from dlcli.app.ui import Ui
from dlcli.config.build import resolved
from dlcli.config.dump import dump
from dlcli.core.dataset import Fold
from dlcli.errors import DataError, DivergedError, InterruptedRunError
from dlcli.runs.directory import RunDirectory
from dlcli.runs.fold_series import FoldSeries


@dataclass(frozen=True)
class Spread:
    """A figure over folds: mean, standard deviation (that of a sample: divided by one less than there are), bounds."""

    mean: float
    std: float
    min: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """NaN where a value is, and the deviation of a single one too."""
        if any(value != value for value in values):
            return cls(nan, nan, nan, nan)
        return cls(fmean(values), stdev(values) if len(values) > 1 else nan, min(values), max(values))


@dataclass(kw_only=True)
class Folds:
    """A cross-validation so far. `runs` are the finished ones by their number, each as `train --json` has it."""

    series: FoldSeries
    name: str
    of: int
    tags: tuple[str, ...] = ()
    fast: bool = False
    status: str = "running"
    seconds: float = 0.0
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)

    def figures(self, block: str) -> dict[str, list[float]]:
        """The values of each figure of `metrics` (after the last epoch) or `test`, one a fold."""
        blocks: list[Mapping[str, Any]] = [run[block] or {} for run in self.runs.values()]
        shared = [name for name in (blocks[0] if blocks else ()) if all(name in one for one in blocks)]
        return {name: [nan if one[name] is None else float(one[name]) for one in blocks] for name in shared}

    def spreads(self, block: str) -> dict[str, Spread]:
        """Mean and deviation of each figure."""
        return {name: Spread.of(values) for name, values in self.figures(block).items()}

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json` and folds.json."""
        metrics, test = (
            {name: vars(spread) for name, spread in self.spreads(block).items()} for block in ("metrics", "test")
        )
        return {
            "series": self.series.id, "file": str(self.series.summary), "name": self.name, "folds": self.of,
            "status": self.status, "finished": len(self.runs), "metrics": metrics, "test": test or None,
            "seconds": round(self.seconds, 3), "runs": list(self.runs.values()),
            "tags": list(self.tags), "fast_dev_run": self.fast,
        }

    def write(self) -> None:
        """Replaces folds.json."""
        files.write_json(self.series.summary, self.as_dict())


def train_folds(
    configured: Configured, surroundings: Surroundings, ui: Ui, *, threads: int = 1, tags: Sequence[str] = (),
    fast: bool = False,
) -> Folds:
    """Trains one run a fold; `configured` is that of the first. The test split is the same in all of them.

    Raises what `train` raises; finished folds stay, and folds.json names them. Nothing is left behind where the first
    fold is refused before its run is made.
    """
    first = configured.config.dataset.fold
    assert first is not None
    configured = configure.rooted(transfer.pinned(configured, surroundings), surroundings)
    name = configured.config.name
    series = FoldSeries.create(surroundings.runs_dir, name, datetime.now(UTC))
    folds = Folds(series=series, name=name, of=first.of, tags=tuple(tags), fast=fast)
    with series.writing():
        return _begin(folds, configured, surroundings, ui, threads)


def _begin(folds: Folds, configured: Configured, surroundings: Surroundings, ui: Ui, threads: int) -> Folds:
    series = folds.series
    try:
        text = f"# {folds.name}, the first of {folds.of} folds; the others differ in fold.number alone\n"
        files.write_bytes(series.config, (text + dump(resolved(configured.config))).encode())
        folds.write()
        return _train(folds, configured, surroundings, ui, threads)
    except BaseException:
        if not series.runs():
            series.discard()
        raise


def resume_folds(series: FoldSeries, surroundings: Surroundings, ui: Ui, *, threads: int = 1) -> Folds:
    """Goes on with a series: finished folds stay, one that was interrupted is taken up, the others are trained.

    Raises what `train` and `resume` raise, DataError where folds.json is damaged.
    """
    before = series.read()
    try:
        folds = Folds(
            series=series, name=before["name"], of=before["folds"], tags=tuple(before["tags"]),
            fast=before["fast_dev_run"], seconds=before["seconds"],
        )
    except KeyError as error:
        raise DataError(f"expected the key {error}", where=str(series.summary), hint="train the folds anew") from None
    configured = configure.read_text(series.config.read_text(encoding="utf-8"), str(series.config), folder=None)
    with series.writing():
        return _train(folds, configured, replace(surroundings, runs_dir=series.path.parent), ui, threads)


def _train(folds: Folds, configured: Configured, surroundings: Surroundings, ui: Ui, threads: int) -> Folds:
    """Trains all folds that are not finished yet, and keeps folds.json up to date."""
    started, before = time.monotonic(), folds.seconds
    existing = folds.series.runs()
    try:
        for number in range(1, folds.of + 1):
            run = existing.get(number)
            status = None if run is None else run.status()["status"]
            ui.info(f"fold {number} of {folds.of}" + (": is complete" if status == "completed" else ""))
            if run is not None and status == "completed":
                folds.runs[number] = dict(files.read_json(run.summary))
            else:
                folds.runs[number] = _one(folds, number, run, status, configured, surroundings, ui, threads)
            folds.seconds = before + time.monotonic() - started
            folds.write()
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt | InterruptedRunError)
        folds.status = "interrupted" if stopped else "diverged" if isinstance(error, DivergedError) else "failed"
        folds.seconds = before + time.monotonic() - started
        folds.write()
        if isinstance(error, InterruptedRunError):
            error.hint = f"dlcli train --resume {folds.series.id} goes on exactly there; finished folds stay"
        raise
    folds.status = "completed"
    folds.write()
    return folds


def _one(
    folds: Folds, number: int, run: RunDirectory | None, status: str | None, configured: Configured,
    surroundings: Surroundings, ui: Ui, threads: int,
) -> dict[str, Any]:
    if run is not None and status in ("interrupted", "running") and run.resolved.exists():
        return resume(str(run.path), (), surroundings, ui, threads=threads).as_dict()
    dataset = replace(configured.config.dataset, fold=Fold(number=number, of=folds.of))
    one = replace(configured, config=replace(configured.config, dataset=dataset))
    tags = (*folds.tags, folds.series.id)
    return train(one, surroundings, ui, threads=threads, tags=tags, fast=folds.fast).as_dict()
