"""Writes checkpoints while a run trains."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dlcli.core.callback import Callback, Progress
from dlcli.runs import checkpoint
from dlcli.runs.checkpoint import Checkpoint
from dlcli.runs.directory import RunDirectory
from dlcli.train.best import Best


class Checkpointer(Callback):
    """Keeps `last` and `best` of a run on disk.

    `take` returns the state of the loop as it is now. Where epochs are shorter than `interval` seconds, not
    every one is written: after a kill, the run then repeats what was lost, with the same result.
    `best` is always written before the `last` that knows of it.
    """

    def __init__(
        self,
        run: RunDirectory,
        take: Callable[[], Checkpoint],
        best: Best,
        *,
        every: int,
        keep: int,
        interval: float = 1.0,
    ) -> None:
        self._run = run
        self._take = take
        self._best = best
        self._every, self._keep, self._interval = every, keep, interval
        self._pending: Checkpoint | None = None
        self._written_step = -1
        self._written_at = 0.0

    def on_train_begin(self, loop: Progress) -> None:
        """A first checkpoint, so that there is one whenever the run dies; also of a run that is made longer."""
        self._write_last(loop)

    def on_epoch_end(self, loop: Progress, row: Mapping[str, Any]) -> None:
        """Remembers the best epoch, and writes where it is time."""
        if self._best.update(row):
            self._pending = copied(self._take())
        if row["epoch"] % self._every:
            return
        if self._keep:
            self._write_best()
            checkpoint.write(self._run.checkpoint(f"epoch-{row['epoch']:04d}"), self._take())
            self._prune()
        if self._keep or time.monotonic() - self._written_at >= self._interval:
            self._write_last(loop)

    def on_train_end(self, loop: Progress) -> None:
        """The state at the end, or where a signal stopped the run."""
        if self._pending is not None or loop.step != self._written_step:
            self._write_last(loop)

    def state(self) -> dict[str, Any]:
        """The best score so far."""
        return self._best.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on with that score, where it is of the same figure."""
        self._best.restore(state)

    def _write_best(self) -> None:
        if self._pending is not None:
            checkpoint.write(self._run.checkpoint("best"), self._pending)
            self._pending = None

    def _write_last(self, loop: Progress) -> None:
        self._write_best()
        now = self._take()
        checkpoint.write(self._run.checkpoint("last"), now)
        self._run.update_status(epoch=loop.epoch, step=loop.step, weights_sha256=now.weights_sha256)
        self._written_step, self._written_at = loop.step, time.monotonic()

    def _prune(self) -> None:
        for path in self._run.numbered_checkpoints()[:-self._keep]:
            path.unlink(missing_ok=True)


def copied(held: Checkpoint) -> Checkpoint:
    """The checkpoint with arrays of its own: those of a running loop change with the next step."""
    arrays = {name: array.copy() for name, array in held.snapshot.arrays.items()}
    return replace(held, snapshot=replace(held.snapshot, arrays=arrays))
