"""constant: the learning rate stays."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class Constant(Schedule):
    """rate(step) = base, the optimizer's own `learning_rate`: what happens without a schedule."""

    examples: ClassVar = (Example(),)

    def rate(self, step: int, *, base: float, total: int) -> float:
        """`base`."""
        return base
