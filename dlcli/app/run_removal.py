"""Removes runs: named ones, or those that came to nothing."""

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from dlcli.app.run_overview import Overview, overviews
from dlcli.errors import DlcliError, UsageError
from dlcli.runs.directory import RunDirectory
from dlcli.runs.lookup import find

UNFINISHED = ("failed", "diverged", "interrupted")


def named(runs_dir: Path, names: Sequence[str]) -> list[RunDirectory]:
    """The runs to remove, each once. Raises UsageError for a checkpoint file, and for a run that is being trained."""
    runs: dict[Path, RunDirectory] = {}
    for name in names:
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


def size(run: RunDirectory) -> int:
    """Bytes of all files of a run."""
    return sum(path.stat().st_size for path in run.path.rglob("*") if path.is_file())


def remove(run: RunDirectory) -> None:
    """Deletes a run's directory. Raises UsageError where it is being trained, DlcliError where it cannot be deleted."""
    try:
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
