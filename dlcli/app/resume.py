"""Goes on with a run exactly where it stopped, or trains a finished one for longer."""

import time
from collections.abc import Sequence
from pathlib import Path

from dlcli.app import configure, kernels, loading, transfer
from dlcli.app.configure import Configured
from dlcli.app.stored import load_same
from dlcli.app.surroundings import Surroundings
from dlcli.app.train import Trained, train_in, write_resolved
from dlcli.app.ui import Ui
from dlcli.errors import DataError, UsageError
from dlcli.runs import checkpoint as checkpoints
from dlcli.runs.checkpoint import Checkpoint
from dlcli.runs.directory import RunDirectory, epoch_of
from dlcli.runs.lookup import find

CHANGEABLE = ("training.epochs", "training.steps", "training.early_stopping", "training.checkpoint")
"""Keys that a resumed run may change: how long it trains and what it keeps. Any other would make it another run."""
LONGER = CHANGEABLE[:3]
"""Those that may let a run go on that had stopped by itself."""


def resume(
    name: str, overrides: Sequence[str], surroundings: Surroundings, ui: Ui, *, threads: int = 1,
) -> Trained:
    """Trains the run to the end of its configuration, in the same directory.

    Raises UsageError where another process trains it or an override changes what it is; DataError where
    its data or its checkpoint is no longer what it was.
    """
    started = time.monotonic()
    found = find(surroundings.runs_dir, name)
    run = found.run
    _check_overrides(overrides)
    with run.writing():
        if not run.resolved.exists() or not run.environment.exists():
            raise DataError(
                "the run stopped before its configuration was written: there is nothing to go on with",
                where=run.id, hint=f"train anew, and remove it with `dlcli runs rm {run.id}`",
            )
        run.sweep()
        text = run.resolved.read_text(encoding="utf-8")
        configured = configure.read_text(text, str(run.resolved), overrides, folder=None)
        loaded = load_same(run, configured, surroundings, ui)
        if found.checkpoint is not None:
            go_back(run, found.checkpoint)
        last = run.checkpoint("last")
        if not last.exists():  # killed before the first checkpoint: from the beginning, with the same seed
            ui.info(f"{run.id} has no checkpoint to go on from: it begins anew")
            built = loading.build_for(configured, loaded)
            begun = transfer.prepare(configured, built, surroundings)
            if overrides:
                write_resolved(run, configured, built)
            kernels.settle(surroundings, ui, built=built, loaded=loaded, run=run)
            return train_in(run, built, loaded, ui, threads=threads, started=started, state=None, begun=begun)
        held = checkpoints.read(last)
        built = loading.build_for(configured, loaded, fitted=held.preprocessing)
        _check_goal(configured, held, run)
        if run.status()["status"] == "completed" and not overrides:
            ui.info(f"{run.id} is complete; training.epochs=N makes it longer")
        if overrides:
            write_resolved(run, configured, built)
        kernels.settle(surroundings, ui, built=built, loaded=loaded, run=run)
        extended = any(_key(o).startswith(LONGER) for o in overrides)
        return train_in(
            run, built, loaded, ui, threads=threads, started=started, state=held.snapshot, extended=extended,
        )


def go_back(run: RunDirectory, chosen: Path) -> None:
    """Puts the run back to one of its checkpoints: what is known of later epochs goes."""
    held = checkpoints.read(chosen)
    state = held.snapshot.state
    best = run.checkpoint("best")
    if best.exists() and checkpoints.read(best).snapshot.state["step"] > state["step"]:
        best.unlink()
        state["callbacks"].pop("Checkpointer", None)  # it would know of a best that is there no more
    for path in run.numbered_checkpoints():
        if epoch_of(path) > state["epoch"] and path != chosen:
            path.unlink()
    checkpoints.write(run.checkpoint("last"), held)


def _check_goal(configured: Configured, held: Checkpoint, run: RunDirectory) -> None:
    """Raises UsageError where the run is to be shorter than it is."""
    training, state = configured.config.training, held.snapshot.state
    for goal, done, unit in ((training.epochs, state["epoch"], "epochs"), (training.steps, state["step"], "steps")):
        if goal is not None and goal < done:
            raise UsageError(
                f"training.{unit}={goal} is less than the {done} {unit} that are done", where=run.id,
                hint="a run can only be made longer; `--resume` of an earlier checkpoint goes back to it",
            )


def _key(override: str) -> str:
    return override.lstrip("+~").split("=")[0]


def _check_overrides(overrides: Sequence[str]) -> None:
    refused = [o for o in overrides if not _key(o).startswith(CHANGEABLE)]
    if refused:
        raise UsageError(
            f"a resumed run cannot change {', '.join(refused)}: it would be another run",
            where="--resume", hint=f"keys that can change: {', '.join(CHANGEABLE)}; for others train a new run",
        )
