"""warmup: the learning rate rises along a line before any other schedule."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.fields import PositiveInt
from dlcli.core.schedule import Schedule
from dlcli.schedules.constant import Constant


@dataclass(frozen=True, kw_only=True)
class Warmup(Schedule):
    """Over the first `steps` optimizer steps, rate(step) = r (step + 1) / (steps + 1), r the first rate of `then`.

    After them comes the schedule `then`, its step 0 being the first after the warm-up, its total what is left of the
    run. The first step has no rate of 0, which would change nothing.
    Source: Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017, section 2.2.
    """

    examples: ClassVar = (
        Example({"steps": 500, "then": "cosine"}),
        Example({"steps": 10}),
        Example({"steps": 5, "then": {"type": "step", "step_size": 20}}),
    )

    steps: PositiveInt
    then: Schedule = Constant()

    def rate(self, step: int, *, base: float, total: int) -> float:
        """Learning rate of `step`."""
        left = max(1, total - self.steps)
        rate = self.then.rate(max(0, step - self.steps), base=base, total=left)
        return rate * min(1.0, (step + 1) / (self.steps + 1))
