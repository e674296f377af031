"""inverse_square_root: the learning rate warms up, then falls as one over the root of the step."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.fields import PositiveInt
from dlcli.core.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class InverseSquareRoot(Schedule):
    """rate(step) = base * min((step + 1) / warmup_steps, sqrt(warmup_steps / (step + 1))).

    `warmup_steps` is the number of optimizer steps to the peak, which is base, the optimizer's `learning_rate`. The
    rate of the Transformer paper ("Noam"), d_model^-0.5 min(s^-0.5, s warmup^-1.5), is this with the learning rate
    (d_model * warmup_steps)^-0.5.
    Source: Vaswani et al., "Attention is all you need", 2017, equation 3.
    """

    examples: ClassVar = (Example(), Example({"warmup_steps": 20}))

    warmup_steps: PositiveInt = 4000

    def rate(self, step: int, *, base: float, total: int) -> float:
        """Learning rate of `step`."""
        passed = (step + 1) / self.warmup_steps
        return float(base * min(passed, passed**-0.5))
