"""one_cycle: the learning rate rises, then falls far below where it began."""

from dataclasses import dataclass
from math import cos, pi
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat, Rate
from dlcli.core.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class OneCycle(Schedule):
    """From max / div_factor up to max over `pct_start` of the run, then down to the first rate / final_div_factor.

    Both ways are half a cosine wave; PyTorch's OneCycleLR over the whole run. `max_lr` is the highest rate, by default
    the optimizer's own `learning_rate`. `pct_start` is the share of the steps on the way up. `div_factor` is the
    highest rate over the first one, `final_div_factor` the first over the last one. Momentum does not change.
    Source: Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates",
    2018.
    """

    examples: ClassVar = (Example(), Example({"pct_start": 0.1, "div_factor": 10.0, "final_div_factor": 100.0}))

    max_lr: PositiveFloat | None = None
    pct_start: Rate = 0.3
    div_factor: PositiveFloat = 25.0
    final_div_factor: PositiveFloat = 10000.0

    def rate(self, step: int, *, base: float, total: int) -> float:
        """Learning rate of `step`; past `total` it stays at its last value."""
        top = self.max_lr or base
        first = top / self.div_factor
        peak, end = self.pct_start * total - 1, total - 1
        if step <= peak:
            return _wave(first, top, step / peak if peak else 1.0)
        return _wave(top, first / self.final_div_factor, min(1.0, (step - peak) / (end - peak)))


def _wave(start: float, end: float, progress: float) -> float:
    """From start to end along half a cosine wave."""
    return end + (start - end) / 2 * (1 + cos(pi * progress))
