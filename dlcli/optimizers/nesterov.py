"""nesterov: sgd that keeps rolling and looks ahead."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.fields import Rate
from dlcli.optimizers.sgd import Sgd


@dataclass(frozen=True, kw_only=True)
class Nesterov(Sgd):
    """m = momentum * m - lr * g, theta += momentum * m - lr * g: `sgd` with other defaults.

    Source: Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k^2)", 1983, in the
    form of Sutskever et al., 2013.
    """

    examples: ClassVar = (Example(), Example({"learning_rate": 0.1, "momentum": 0.5}))

    momentum: Rate = 0.9
    nesterov: bool = True
