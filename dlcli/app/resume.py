"""Goes on with a run exactly where it stopped, or trains a finished one for longer."""

import time
from collections.abc import Sequence

from dlcli.app import configure, transfer
from dlcli.app.stored import load_same
from dlcli.app.surroundings import Surroundings
from dlcli.app.train import Trained, train_in, write_resolved
from dlcli.app.ui import Ui
from dlcli.errors import DataError, UsageError
from dlcli.runs import checkpoint as checkpoints
from dlcli.runs.lookup import find

CHANGEABLE = ("training.epochs", "training.steps", "training.early_stopping", "training.checkpoint")
"""Keys that a resumed run may change: how long it trains and what it keeps. Any other would make it another run."""


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
        configured = configure.read_text(run.resolved.read_text(), str(run.resolved), overrides, folder=None)
        loaded = load_same(run, configured, surroundings, ui)
        last = found.checkpoint or run.checkpoint("last")
        if not last.exists():  # killed before the first checkpoint: from the beginning, with the same seed
            built = configure.build_for(configured, loaded)
            begun = transfer.prepare(configured, built, surroundings)
            return train_in(run, built, loaded, ui, threads=threads, started=started, state=None, begun=begun)
        held = checkpoints.read(last)
        built = configure.build_for(configured, loaded, fitted=held.preprocessing)
        if overrides:
            write_resolved(run, configured, built)
        return train_in(
            run, built, loaded, ui, threads=threads, started=started, state=held.snapshot, extended=bool(overrides),
        )


def _check_overrides(overrides: Sequence[str]) -> None:
    refused = [o for o in overrides if not o.lstrip("+~").split("=")[0].startswith(CHANGEABLE)]
    if refused:
        raise UsageError(
            f"a resumed run cannot change {', '.join(refused)}: it would be another run",
            where="--resume", hint=f"keys that can change: {', '.join(CHANGEABLE)}; for others train a new run",
        )
