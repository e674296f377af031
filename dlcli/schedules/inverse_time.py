"""inverse_time: the learning rate falls as one over the time that has passed."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.fields import NonNegativeFloat, PositiveInt
from dlcli.core.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class InverseTime(Schedule):
    """rate(step) = base / (1 + decay_rate * step / decay_steps); Keras' InverseTimeDecay.

    `decay_steps` counts optimizer steps, not epochs. With `staircase: true` step / decay_steps is rounded down, so that
    the rate falls only every `decay_steps` steps.
    """

    examples: ClassVar = (
        Example({"decay_steps": 1000, "decay_rate": 0.5}),
        Example({"decay_steps": 10, "decay_rate": 1.0, "staircase": True}),
    )

    decay_steps: PositiveInt
    decay_rate: NonNegativeFloat
    staircase: bool = False

    def rate(self, step: int, *, base: float, total: int) -> float:
        """Learning rate of `step`."""
        passed = step // self.decay_steps if self.staircase else step / self.decay_steps
        return float(base / (1 + self.decay_rate * passed))
