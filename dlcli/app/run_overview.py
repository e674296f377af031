"""What can be said of a run in one row, read from its files; a run that died early has less to say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from dlcli import files
from dlcli.config.load import load, loads
from dlcli.errors import DlcliError
from dlcli.runs.directory import RunDirectory
from dlcli.runs.history import read_columns
from dlcli.runs.lookup import all_runs

_TRAINING = re.compile(r"^training:.*\n(?:[ -].*\n)*", re.MULTILINE)
_NO_FIGURE = ("epoch", "step", "learning_rate", "seconds")


@dataclass(frozen=True, kw_only=True)
class Overview:
    """One run. `metrics` are the figures of the last epoch, `test` those of the test split; `epochs` is the goal."""

    run: RunDirectory
    status: str
    name: str
    tags: tuple[str, ...]
    created: datetime
    epoch: int
    epochs: int | None
    step: int
    metrics: Mapping[str, float]
    test: Mapping[str, float]
    seconds: float | None
    weights_sha256: str | None

    def values(self) -> dict[str, Any]:
        """All of it by the names that `--where` and `--sort` know: `val_accuracy`, `test_accuracy`, `status`, ..."""
        return {
            "run_id": self.run.id, "status": self.status, "name": self.name, "tag": self.tags,
            "created": self.created.isoformat(timespec="seconds"), "epoch": self.epoch, "epochs": self.epochs,
            "step": self.step, "seconds": self.seconds, "weights_sha256": self.weights_sha256,
            **self.metrics, **{f"test_{name}": value for name, value in self.test.items()},
        }

    @cached_property
    def config(self) -> dict[str, Any]:
        """The resolved configuration by dotted keys; empty where the run died before it was written."""
        try:
            return dict(_flat("", load(self.run.resolved).data))
        except DlcliError:
            return {}

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "run_id": self.run.id, "run_dir": str(self.run.path), "status": self.status, "name": self.name,
            "tags": list(self.tags), "created": self.created.isoformat(timespec="seconds"), "epoch": self.epoch,
            "epochs": self.epochs, "step": self.step, "metrics": dict(self.metrics), "test": dict(self.test) or None,
            "weights_sha256": self.weights_sha256, "seconds": self.seconds,
        }


def overview(run: RunDirectory) -> Overview:
    """Reads status.json, history.csv, metrics.json, and the goal from config.resolved.yaml; whichever are there."""
    status, summary = run.status(), _summary(run)
    columns = _columns(run)
    metrics = {name: values[-1] for name, values in columns.items() if name not in _NO_FIGURE}
    done = status["status"] == "completed"  # a run that was taken up again still has its old summary
    return Overview(
        run=run, status=status["status"], name=str(status.get("name", "")), tags=tuple(status.get("tags", ())),
        created=_created(run, status), epoch=int(columns["epoch"][-1]) if columns else int(status.get("epoch", 0)),
        epochs=_goal(run.resolved), step=int(columns["step"][-1]) if columns else int(status.get("step", 0)),
        metrics=metrics, test=(summary.get("test") or {}) if done else {},
        seconds=round(sum(columns["seconds"]), 3) if columns else None, weights_sha256=status.get("weights_sha256"),
    )


def overviews(runs_dir: Path) -> list[Overview]:
    """All runs of a folder, the newest first."""
    return [overview(run) for run in reversed(all_runs(runs_dir))]


def _flat(prefix: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict | list) or not value:
        return [(prefix, value)]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [pair for key, item in items for pair in _flat(f"{prefix}.{key}" if prefix else str(key), item)]


def _summary(run: RunDirectory) -> dict[str, Any]:
    try:
        return dict(files.read_json(run.summary))
    except DlcliError:
        return {}


def _columns(run: RunDirectory) -> dict[str, list[float]]:
    try:
        return read_columns(run.history)
    except (OSError, ValueError, KeyError):  # damaged: the row of the table says so by its gaps
        return {}


def _created(run: RunDirectory, status: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(status["created"])
    except (KeyError, TypeError, ValueError):
        return datetime.fromtimestamp(run.path.stat().st_mtime, UTC)


def _goal(resolved: Path) -> int | None:
    """The number of epochs, from the one block that has it: a table of many runs parses no whole files."""
    try:
        block = _TRAINING.search(resolved.read_text(encoding="utf-8"))
        epochs = loads(block[0], str(resolved)).data["training"]["epochs"] if block else None
    except (OSError, ValueError, KeyError, TypeError, DlcliError):
        return None
    return epochs if isinstance(epochs, int) else None
