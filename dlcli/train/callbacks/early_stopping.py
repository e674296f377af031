"""Ends training when a figure no longer improves."""

from collections.abc import Mapping
from typing import Any

from dlcli.core.callback import Callback, Progress
from dlcli.train.best import Best


class EarlyStopper(Callback):
    """Asks the loop to stop after `patience` epochs without an improvement of `monitor`."""

    def __init__(self, monitor: str, *, mode: str, patience: int, min_delta: float) -> None:
        self.best = Best(monitor, mode=mode, min_delta=min_delta)
        self.patience = patience
        self.waited = 0

    def on_epoch_end(self, loop: Progress, row: Mapping[str, Any]) -> None:
        """Counts epochs since the best one."""
        self.waited = 0 if self.best.update(row) else self.waited + 1
        if self.waited >= max(self.patience, 1):  # as Keras counts: a patience of 0 allows no epoch without improvement
            best = "it was never a finite number" if self.best.score is None else f"best {self.best.score:.6g}"
            loop.stop_reason = f"early stopping: {self.best.monitor} has not improved for {self.waited} epochs ({best})"

    def state(self) -> dict[str, Any]:
        """The best score and the wait."""
        return {**self.best.state(), "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on waiting; for another figure it starts anew."""
        if self.best.restore(state):
            self.waited = state["waited"]
