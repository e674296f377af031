"""momentum: sgd that keeps rolling."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.fields import Rate
from dlcli.optimizers.sgd import Sgd


@dataclass(frozen=True, kw_only=True)
class Momentum(Sgd):
    """m = momentum * m - lr * g, theta += m: `sgd` with another default for `momentum`.

    Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
    """

    examples: ClassVar = (Example(), Example({"learning_rate": 0.1, "momentum": 0.5}))

    momentum: Rate = 0.9
