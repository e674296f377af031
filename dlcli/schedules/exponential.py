"""exponential: the learning rate shrinks by the same factor in the same number of steps."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat, PositiveInt
from dlcli.core.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class Exponential(Schedule):
    """rate(step) = base * decay_rate ** (step / decay_steps); Keras' ExponentialDecay.

    `decay_steps` counts optimizer steps, not epochs. With `staircase: true` the exponent is rounded down, so that
    the rate falls only every `decay_steps` steps.
    """

    examples: ClassVar = (
        Example({"decay_steps": 1000, "decay_rate": 0.96}),
        Example({"decay_steps": 500, "decay_rate": 0.5, "staircase": True}),
    )

    decay_steps: PositiveInt
    decay_rate: PositiveFloat
    staircase: bool = False

    def rate(self, step: int, *, base: float, total: int) -> float:
        """Learning rate of `step`."""
        exponent = step // self.decay_steps if self.staircase else step / self.decay_steps
        return float(base * self.decay_rate**exponent)
