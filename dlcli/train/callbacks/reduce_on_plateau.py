"""Lowers the learning rate when a figure no longer improves."""

from collections.abc import Mapping
from typing import Any

from dlcli.core.callback import Callback, Progress
from dlcli.core.schedule import Schedule
from dlcli.schedules.reduce_on_plateau import ReduceOnPlateau
from dlcli.schedules.warmup import Warmup
from dlcli.train.best import Best


class PlateauReducer(Callback):
    """Sets the loop's `rate_factor` as `schedule` says; `base` is the optimizer's own learning rate.

    Counts as Keras does: the epoch in which a cooldown ends counts again.
    """

    def __init__(self, schedule: ReduceOnPlateau, *, mode: str, base: float) -> None:
        self.schedule = schedule
        self.best = Best(schedule.monitor, mode=mode, min_delta=schedule.min_delta)
        self.floor = schedule.min_lr / base
        self.factor = 1.0
        self.waited = self.cooling = 0

    def on_train_begin(self, loop: Progress) -> None:
        """After a resume the loop gets the factor back."""
        loop.rate_factor = self.factor

    def on_epoch_end(self, loop: Progress, row: Mapping[str, Any]) -> None:
        """Counts epochs since the best one, and lowers the rate where there are too many."""
        if self.cooling:
            self.cooling -= 1
            self.waited = 0
        if self.best.update(row):
            self.waited = 0
        elif not self.cooling:
            self.waited += 1
            if self.waited >= self.schedule.patience and self.factor > self.floor:
                self.factor = max(self.factor * self.schedule.factor, self.floor)
                self.cooling, self.waited = self.schedule.cooldown, 0
        loop.rate_factor = self.factor

    def state(self) -> dict[str, Any]:
        """The best score, the counts and the factor."""
        return {"score": self.best.score, "waited": self.waited, "cooling": self.cooling, "factor": self.factor}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on counting."""
        self.best.score, self.factor = state["score"], state["factor"]
        self.waited, self.cooling = state["waited"], state["cooling"]


def plateau_of(schedule: Schedule | None) -> ReduceOnPlateau | None:
    """The schedule that wants this callback: the given one, or the one after a warm-up."""
    if isinstance(schedule, Warmup):
        return plateau_of(schedule.then)
    return schedule if isinstance(schedule, ReduceOnPlateau) else None
