"""step: the learning rate falls by the same factor every so many steps."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat, PositiveInt
from dlcli.core.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class Step(Schedule):
    """rate(step) = base * gamma ** (step // step_size); PyTorch's StepLR, its `step_size` counted in optimizer steps.

    `step_size` optimizer steps pass between two falls, not epochs. `gamma` is what is left of the rate after one.
    """

    examples: ClassVar = (Example({"step_size": 1000}), Example({"step_size": 30, "gamma": 0.5}))

    step_size: PositiveInt
    gamma: PositiveFloat = 0.1

    def rate(self, step: int, *, base: float, total: int) -> float:
        """Learning rate of `step`."""
        return float(base * self.gamma ** (step // self.step_size))
