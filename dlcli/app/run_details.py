"""All that can be said of one run."""

from dataclasses import dataclass
from typing import Any

from dlcli import files
from dlcli.app.run_overview import Overview, overview
from dlcli.errors import DlcliError
from dlcli.runs.directory import RunDirectory
from dlcli.runs.history import read_rows

_ROWS = 5


@dataclass(frozen=True, kw_only=True)
class Details:
    """A run in full. `checkpoints` maps names to bytes; `history` has the last rows."""

    overview: Overview
    status: dict[str, Any]
    checkpoints: dict[str, int]
    data: dict[str, Any]
    environment: dict[str, Any]
    history: list[dict[str, str]]
    files: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        times = {key: self.status.get(key) for key in ("started", "finished", "error", "pid")}
        return {
            **self.overview.as_dict(), **times, "checkpoints": self.checkpoints, "data": self.data,
            "environment": self.environment, "files": list(self.files),
            "history": [{name: _number(value) for name, value in row.items()} for row in self.history],
        }


def details(run: RunDirectory) -> Details:
    """Reads all small files of a run; what is missing or damaged is left out."""
    try:
        environment = dict(files.read_json(run.environment))
    except DlcliError:
        environment = {}
    weights = sorted(run.checkpoint("last").parent.glob("*.safetensors"))
    try:
        rows = read_rows(run.history)[-_ROWS:]
    except (OSError, ValueError, KeyError):
        rows = []
    names = (path.relative_to(run.path).as_posix() for path in run.path.rglob("*") if path.is_file())
    return Details(
        overview=overview(run), status=run.status(), data=environment.pop("data", {}), environment=environment,
        checkpoints={path.stem: path.stat().st_size for path in weights}, history=rows,
        files=tuple(sorted(name for name in names if not name.startswith("."))),
    )


def _number(text: str) -> float | None:
    return float(text) if text else None
