"""Finds the run that a user means."""

from dataclasses import dataclass
from pathlib import Path

from dlcli import registry
from dlcli.errors import UsageError
from dlcli.runs.directory import RunDirectory


@dataclass(frozen=True)
class Found:
    """A run, and the checkpoint where the user named one by its file."""

    run: RunDirectory
    checkpoint: Path | None = None


def find(runs_dir: Path, name: str) -> Found:
    """The run that `name` means: an id, a unique prefix of one, `latest`, a run directory, or a checkpoint file.

    Where none of those fits, the one run of that name. Raises UsageError where there is none, or where a prefix or a
    name fits several: it lists them.
    """
    if not name:
        raise UsageError("expected a run; found an empty name", hint="`dlcli runs list` shows what there is")
    path = Path(name).expanduser()
    if path.suffix == ".safetensors" and path.is_file():
        run = path.resolve().parent.parent
        if not (run / "config.resolved.yaml").is_file():
            raise UsageError(
                "the checkpoint lies in no run directory", where=name, hint="name a checkpoint inside a run",
            )
        return Found(RunDirectory(run), path.resolve())
    if path.is_dir() and (path / "config.resolved.yaml").is_file():
        return Found(RunDirectory(path.resolve()))
    for folder in (runs_dir / name, path):
        if (folder / "folds.json").is_file():
            series = folder.resolve().name
            raise UsageError(
                "expected a run; found a cross-validation, of several runs", where=name,
                hint=f"`dlcli runs list --tag {series}` names them; `dlcli train --resume {name}` goes on with it",
            )
    runs = all_runs(runs_dir)
    if name == "latest" and runs:
        return Found(runs[-1])
    fitting, what = [run for run in runs if run.id == name], "id"
    if not fitting:
        fitting, what = [run for run in runs if run.id.startswith(name)], "beginning"
    if not fitting:
        fitting, what = [run for run in runs if name in (run.status().get("name"), _name_in(run.id))], "name"
    if len(fitting) == 1:
        return Found(fitting[0])
    if fitting:
        candidates = "\n    ".join(run.id for run in fitting)
        raise UsageError(
            f"'{name}' is the {what} of {len(fitting)} runs:\n    {candidates}",
            hint="give more of the id, or `latest`" if what == "beginning" else "give an id, or `latest`",
        )
    if not runs:
        raise UsageError(
            f"there is no run '{name}': {runs_dir} has none",
            hint="`dlcli train CONFIG` makes one; another place is named with --runs-dir or DLCLI_RUNS_DIR",
        )
    known = [word for run in runs for word in (run.id, _name_in(run.id))]
    raise UsageError(
        f"there is no run '{name}' in {runs_dir}",
        hint=registry.did_you_mean(name, known) or "`dlcli runs list` shows what there is",
    )


def _name_in(run_id: str) -> str:
    """`mnist-mlp` of `20261122-031800-mnist-mlp-a3f9`: the run's name as far as an id can hold it."""
    return run_id[16:-5]


def all_runs(runs_dir: Path) -> list[RunDirectory]:
    """All runs of a folder, the oldest first (ids begin with the time)."""
    if not runs_dir.is_dir():
        return []
    found = (entry for entry in runs_dir.iterdir() if (entry / "status.json").is_file())
    runs = [RunDirectory(entry) for entry in found]
    # Ids begin with the second; those of one second are told apart by what status.json says.
    return sorted(runs, key=lambda run: (run.id[:15], str(run.status().get("created", "")), run.id))
