"""polynomial: the learning rate falls along a power of the steps that are left, by default along a line."""

from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.fields import NonNegativeFloat, PositiveFloat, PositiveInt
from dlcli.core.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class Polynomial(Schedule):
    """rate(step) = (base - end) (1 - step / decay_steps) ** power + end; Keras' PolynomialDecay.

    `end_learning_rate` is a learning rate and no share. `decay_steps` are optimizer steps, by default those of the
    whole run. After them the rate stays, or with `cycle: true` falls again from higher up, to a multiple of that many.
    """

    absolute: ClassVar = True
    examples: ClassVar = (
        Example(),
        Example({"decay_steps": 40, "end_learning_rate": 0.01, "power": 2.0, "cycle": True}),
    )

    decay_steps: PositiveInt | None = None
    end_learning_rate: NonNegativeFloat = 0.0001
    power: PositiveFloat = 1.0
    cycle: bool = False

    def rate(self, step: int, *, base: float, total: int) -> float:
        """Learning rate of `step`."""
        steps = self.decay_steps or total
        if self.cycle:
            steps *= max(1, ceil(step / steps))
        left = 1 - min(step, steps) / steps
        return float((base - self.end_learning_rate) * left**self.power + self.end_learning_rate)
