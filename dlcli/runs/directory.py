"""A run directory: its name, its files, its status, and who may write to it."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dlcli import files
from dlcli.errors import DataError, DlcliError, UsageError
from dlcli.runs import lock


@dataclass(frozen=True)
class RunDirectory:
    """The files of one run, all below `path`; the run's id is the name of the directory."""

    path: Path

    @classmethod
    def create(cls, runs_dir: Path, name: str, now: datetime) -> "RunDirectory":
        """A new run directory with an id that begins with the time and has `name` in it."""
        return cls(claim(runs_dir, name, now))

    @property
    def id(self) -> str:
        """The run id."""
        return self.path.name

    @property
    def config(self) -> Path:
        """The configuration as given."""
        return self.path / "config.yaml"

    @property
    def resolved(self) -> Path:
        """The configuration with every default filled in."""
        return self.path / "config.resolved.yaml"

    @property
    def environment(self) -> Path:
        """Versions, hardware, and the fingerprint of the data."""
        return self.path / "environment.json"

    @property
    def history(self) -> Path:
        """One row an epoch."""
        return self.path / "history.csv"

    @property
    def steps(self) -> Path:
        """The step-level stream."""
        return self.path / "metrics.jsonl"

    @property
    def summary(self) -> Path:
        """The final figures."""
        return self.path / "metrics.json"

    @property
    def log(self) -> Path:
        """What was said while training."""
        return self.path / "train.log"

    def checkpoint(self, name: str) -> Path:
        """The checkpoint `last`, `best` or `epoch-0007`."""
        return self.path / "checkpoints" / f"{name}.safetensors"

    def numbered_checkpoints(self) -> list[Path]:
        """The checkpoints `epoch-0007` and so on, in the order of their epochs."""
        found = (self.path / "checkpoints").glob("epoch-*.safetensors")
        return sorted(found, key=epoch_of)

    def sweep(self) -> None:
        """Removes what killed writers left; only for the one who holds the run."""
        for folder in (self.path, self.path / "checkpoints"):
            for path in folder.glob(".*.tmp"):
                path.unlink(missing_ok=True)

    def evaluation(self, split: str) -> Path:
        """The folder with the evaluation of a split."""
        return self.path / "evaluation" / split

    def status(self) -> dict[str, Any]:
        """What status.json says; a run whose process is gone without a word is `interrupted`."""
        try:
            status = dict(files.read_json(self.path / "status.json"))
        except DataError:
            return {"status": "failed"}
        if status.get("status") == "running" and not lock.held(self.path):
            status["status"] = "interrupted"
        return status

    def update_status(self, **changes: Any) -> None:
        """Changes some keys of status.json."""
        try:
            before = dict(files.read_json(self.path / "status.json"))
        except DataError:
            before = {}
        files.write_json(self.path / "status.json", {**before, **changes}, sync=False)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the run for one writer. Raises UsageError where another process has it; ends with the process."""
        def refusal() -> UsageError:
            return UsageError(
                f"the run is being trained by process {self.status().get('pid', 'unknown')}", where=self.id,
                hint="wait for it, or stop it first",
            )

        with lock.writing(self.path, refusal):
            yield


def claim(runs_dir: Path, name: str, now: datetime) -> Path:
    """A new directory `20261122-031800-mnist-mlp-a3f9`; any number of processes may make one at once."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "run"
    stamp = now.strftime("%Y%m%d-%H%M%S")
    try:
        runs_dir.mkdir(parents=True, exist_ok=True)
        while True:
            path = runs_dir / f"{stamp}-{slug}-{secrets.token_hex(2)}"
            with suppress(FileExistsError):
                path.mkdir()
                return path
    except OSError as error:
        raise DlcliError(
            f"cannot make a run directory: {error.strerror}", where=str(runs_dir),
            hint="choose another place with --runs-dir or DLCLI_RUNS_DIR",
        ) from None


def epoch_of(path: Path) -> int:
    """The number in the name of a checkpoint `epoch-0007.safetensors`."""
    return int(path.stem.removeprefix("epoch-"))
