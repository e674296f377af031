"""The best value of a figure so far."""

import math
from collections.abc import Mapping
from typing import Any


class Best:
    """Remembers the best `monitor` of all epochs; `mode` is `min` or `max`.

    A value counts as better where it differs by more than `min_delta`. What is no finite number is never better.
    """

    def __init__(self, monitor: str, *, mode: str, min_delta: float = 0.0) -> None:
        self.monitor = monitor
        self.mode = mode
        self.min_delta = min_delta
        self.score: float | None = None

    def update(self, row: Mapping[str, Any]) -> bool:
        """Takes the figure of an epoch; True where it is the best so far."""
        value = float(row[self.monitor])
        if not math.isfinite(value):
            return False
        if self.score is not None:
            gain = self.score - value if self.mode == "min" else value - self.score
            if gain <= self.min_delta:
                return False
        self.score = value
        return True

    def state(self) -> dict[str, Any]:
        """The score, and of which figure it is."""
        return {"monitor": self.monitor, "mode": self.mode, "score": self.score}

    def restore(self, state: Mapping[str, Any]) -> bool:
        """Takes back a score of the same figure; False, and nothing taken, where it is of another."""
        if (state["monitor"], state["mode"]) != (self.monitor, self.mode):
            return False
        self.score = state["score"]
        return True
