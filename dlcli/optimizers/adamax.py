"""adamax: adam whose steps are measured by the largest recent gradient."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat, Rate
from dlcli.core.optimizer import Optimizer
from dlcli.optimizers._moments import follow


@dataclass(frozen=True, kw_only=True)
class Adamax(Optimizer):
    """m = b1 m + (1 - b1) g, u = max(b2 u, |g|), theta -= lr m / ((1 - b1^t) (u + epsilon)).

    PyTorch has epsilon inside the maximum instead.
    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, section 7.1.
    """

    scratch: ClassVar = 1
    examples: ClassVar = (Example(), Example({"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-5}))

    learning_rate: PositiveFloat = 0.001
    beta_1: Rate = 0.9
    beta_2: Rate = 0.999
    epsilon: PositiveFloat = 1e-7

    def slots(self) -> tuple[str, ...]:
        """The mean, and the largest size that fades."""
        return ("m", "u")

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
        m, u, work = slots["m"], slots["u"], scratch[0]
        follow(m, grad, self.beta_1, work)
        u *= self.beta_2
        np.abs(grad, out=grad)
        np.maximum(u, grad, out=u)
        np.add(u, self.epsilon, out=work)
        np.divide(m, work, out=work)
        work *= lr / (1 - self.beta_1**step)
        theta -= work
