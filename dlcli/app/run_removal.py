"""Removes runs and cross-validations: named ones, or those that came to nothing."""

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from dlcli.app.run_overview import Overview, overviews
from dlcli.errors import DlcliError, UsageError
from dlcli.runs.directory import RunDirectory
from dlcli.runs.fold_series import FoldSeries
from dlcli.runs.lookup import find

Removable = RunDirectory | FoldSeries
UNFINISHED = ("failed", "diverged", "interrupted")


def named(runs_dir: Path, names: Sequence[str]) -> list[Removable]:
    """The runs to remove, each once; a cross-validation comes after all runs of its folds.

    Raises UsageError for a checkpoint file, and for a run that is being trained.
    """
    runs: dict[Path, Removable] = {}
    for name in names:
        if (series := FoldSeries.find(runs_dir, name)) is not None:
            with series.writing():  # raises where it is being trained
                pass
            for run in series.all_runs():
                _refuse_running(run)
                runs[run.path] = run
            runs[series.path] = series
            continue
        found = find(runs_dir, name)
        if found.checkpoint is not None:
            raise UsageError(
                "expected a run; found one of its checkpoints", where=name,
                hint=f"`dlcli runs rm {found.run.id}` removes the whole run",
            )
        _refuse_running(found.run)
        runs[found.run.path] = found.run
    return list(runs.values())


def stale(runs_dir: Path, *, days: float, now: datetime) -> list[Overview]:
    """Runs that failed, diverged or were interrupted, and began more than `days` days ago."""
    limit = now - timedelta(days=days)
    return [run for run in overviews(runs_dir) if run.status in UNFINISHED and run.created <= limit]


def stale_series(runs_dir: Path, going: Sequence[Overview], *, days: float, now: datetime) -> list[FoldSeries]:
    """Cross-validations as old that came to nothing and have no run left, once the runs `going` are removed."""
    limit, ids = now - timedelta(days=days), {overview.run.id for overview in going}
    return [
        series for series in FoldSeries.all(runs_dir)
        if series.status() in UNFINISHED and series.created() <= limit
        and all(run.id in ids for run in series.all_runs())
    ]


def size(run: Removable) -> int:
    """Bytes of all files of a run."""
    return sum(path.stat().st_size for path in run.path.rglob("*") if path.is_file())


def state(run: Removable) -> str:
    """`completed`, `interrupted` and so on."""
    return run.status() if isinstance(run, FoldSeries) else run.status()["status"]


def remove(run: Removable) -> None:
    """Deletes a run's directory. Raises UsageError where it is being trained, DlcliError where it cannot be deleted."""
    try:
        if isinstance(run, FoldSeries):
            with run.writing():
                run.discard()
            return
        with run.writing():
            shutil.rmtree(run.path)
    except OSError as error:
        raise DlcliError(
            f"cannot be removed: {error.strerror or error}", where=str(error.filename or run.path),
            hint="check the permissions of the runs directory",
        ) from None


def _refuse_running(run: RunDirectory) -> None:
    status = run.status()
    if status["status"] == "running":
        raise UsageError(
            f"the run is being trained by process {status.get('pid', 'unknown')}", where=run.id,
            hint="stop it first, then remove it",
        )
