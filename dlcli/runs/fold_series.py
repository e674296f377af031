"""A series of runs that are the folds of one cross-validation: a directory beside theirs, with what they come to."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlcli import files
from dlcli.errors import DataError, UsageError
from dlcli.runs import lock
from dlcli.runs.directory import RunDirectory, claim
from dlcli.runs.lookup import all_runs

_SUMMARY = "folds.json"


@dataclass(frozen=True)
class FoldSeries:
    """The files of a series. Its runs are all those beside it that carry its id as a tag."""

    path: Path

    @classmethod
    def create(cls, runs_dir: Path, name: str, now: datetime) -> "FoldSeries":
        """Claims a new directory `20261122-031800-iris-folds-a3f9`."""
        return cls(claim(runs_dir, f"{name} folds", now))

    @classmethod
    def find(cls, runs_dir: Path, name: str) -> "FoldSeries | None":
        """The series that `name` means: an id, its directory or its folds.json; None where it means no series."""
        for path in (runs_dir / name, Path(name).expanduser()):
            folder = path.parent if path.name == _SUMMARY else path
            if name and (folder / _SUMMARY).is_file():
                return cls(folder.resolve())
        return None

    @classmethod
    def all(cls, runs_dir: Path) -> list["FoldSeries"]:
        """All series of a folder, the oldest first."""
        return [cls(path.parent) for path in sorted(runs_dir.glob(f"*/{_SUMMARY}"))]

    @property
    def id(self) -> str:
        """The name of the directory."""
        return self.path.name

    @property
    def summary(self) -> Path:
        """Figures over all folds, and the runs by name."""
        return self.path / _SUMMARY

    @property
    def config(self) -> Path:
        """The configuration of the first fold, every default filled in; the others differ in `dataset.fold.number`."""
        return self.path / "config.yaml"

    def runs(self) -> dict[int, RunDirectory]:
        """The run of each fold, by its number: of several the one that is complete, or else the newest."""
        found: dict[int, RunDirectory] = {}
        for run in self.all_runs():
            number = (run.status().get("fold") or {}).get("number")
            if not isinstance(number, int):
                continue
            if number not in found or found[number].status()["status"] != "completed":
                found[number] = run
        return dict(sorted(found.items()))

    def all_runs(self) -> list[RunDirectory]:
        """Every run of the series, those that were tried again too."""
        return [run for run in all_runs(self.path.parent) if self.id in run.status().get("tags", ())]

    def status(self) -> str:
        """What folds.json says; a series whose process is gone without a word is `interrupted`."""
        try:
            status = str(self.read().get("status", "failed"))
        except DataError:
            return "failed"
        return "interrupted" if status == "running" and not lock.held(self.path) else status

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the series for one writer, all its folds long. Raises UsageError where another process has it."""
        def refusal() -> UsageError:
            return UsageError(
                "the cross-validation is being trained", where=self.id, hint="wait for it, or stop it first",
            )

        with lock.writing(self.path, refusal):
            yield

    def created(self) -> datetime:
        """When it began, by its name."""
        try:
            return datetime.strptime(self.id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
        except ValueError:  # the directory was given another name
            return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)

    def read(self) -> dict[str, Any]:
        """What folds.json says. Raises DataError where it is damaged."""
        return dict(files.read_json(self.summary))

    def discard(self) -> None:
        """Removes the directory of a series that has no run; its writer alone does that."""
        shutil.rmtree(self.path)
