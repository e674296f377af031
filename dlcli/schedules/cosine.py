"""cosine: the learning rate warms up, then glides down half a wave."""

from dataclasses import dataclass
from math import cos, pi
from typing import Annotated, ClassVar

from pydantic import Field

from dlcli.core.component import Example
from dlcli.core.fields import Float, NonNegativeInt
from dlcli.core.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class Cosine(Schedule):
    """rate(step) = base * (alpha + (1 - alpha) (1 + cos(pi * progress)) / 2), progress going from 0 to 1 over the run.

    Over the first `warmup_steps` steps the rate rises linearly instead, base * (step + 1) / (warmup_steps + 1),
    and progress starts after them. `alpha` is the share of the rate that is left at the end. Keras' CosineDecay
    with `decay_steps` being what is left of the run; there the first step of a warm-up has the rate 0 and
    changes nothing, so here it starts one step up.
    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
    """

    examples: ClassVar = (Example(), Example({"alpha": 0.1, "warmup_steps": 100}))

    alpha: Annotated[Float, Field(ge=0, le=1)] = 0.0
    warmup_steps: NonNegativeInt = 0

    def rate(self, step: int, *, base: float, total: int) -> float:
        """Learning rate of `step`; past `total` it stays at its last value."""
        if step < self.warmup_steps:
            return base * (step + 1) / (self.warmup_steps + 1)
        progress = min(1.0, (step - self.warmup_steps) / max(1, total - self.warmup_steps))
        return base * (self.alpha + (1 - self.alpha) * (1 + cos(pi * progress)) / 2)
