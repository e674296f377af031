"""adadelta: steps as long as recent steps, against recent gradients."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat, Rate
from dlcli.core.optimizer import Optimizer
from dlcli.optimizers._moments import follow_square as follow


@dataclass(frozen=True, kw_only=True)
class Adadelta(Optimizer):
    """a = rho a + (1 - rho) g^2, d = g sqrt(u + epsilon) / sqrt(a + epsilon), u = rho u + (1 - rho) d^2, theta -= lr d.

    The default rate is Keras'; the paper has none, which is `learning_rate: 1.0`.
    Source: Zeiler, "ADADELTA: an adaptive learning rate method", 2012, algorithm 1.
    """

    scratch: ClassVar = 1
    examples: ClassVar = (Example(), Example({"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6}))

    learning_rate: PositiveFloat = 0.001
    rho: Rate = 0.95
    epsilon: PositiveFloat = 1e-7

    def slots(self) -> tuple[str, ...]:
        """Running means of the squares of gradients and of steps."""
        return ("a", "u")

    def move(
        self,
        theta: np.ndarray,
        grad: np.ndarray,
        slots: Mapping[str, np.ndarray],
        scratch: np.ndarray,
        *,
        lr: float,
        step: int,
    ) -> None:
        """One update in place."""
        a, u, work = slots["a"], slots["u"], scratch[0]
        follow(a, grad, self.rho, work)
        np.add(a, self.epsilon, out=work)
        np.sqrt(work, out=work)
        grad /= work
        np.add(u, self.epsilon, out=work)
        np.sqrt(work, out=work)
        grad *= work
        follow(u, grad, self.rho, work)
        grad *= lr
        theta -= grad
