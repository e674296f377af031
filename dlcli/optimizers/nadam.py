"""nadam: adam with Nesterov's look ahead."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat, Rate
from dlcli.core.optimizer import Optimizer
from dlcli.optimizers._moments import follow, follow_square

WARMING = tuple(accumulate((1 - 0.5 * 0.96**t for t in range(1, 1000)), mul))
"""Products of 1 - 0.96^t / 2 over all steps up to t; further factors are 1 in float64."""


@dataclass(frozen=True, kw_only=True)
class Nadam(Optimizer):
    """theta -= lr (u' m / (1 - U u') + (1 - u) g / (1 - U)) / (sqrt(v / (1 - b2^t)) + epsilon), m and v as in adam.

    u = b1 (1 - 0.96^t / 2) is the momentum of step t, u' that of the next one, U the product of all up to u. Momentum
    comes to its full size within a hundred steps, as in Keras; the paper and PyTorch let it rise 250 times as slowly.
    Source: Dozat, "Incorporating Nesterov momentum into Adam", 2016, algorithm 2.
    """

    scratch: ClassVar = 2
    examples: ClassVar = (Example(), Example({"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5}))

    learning_rate: PositiveFloat = 0.001
    beta_1: Rate = 0.9
    beta_2: Rate = 0.999
    epsilon: PositiveFloat = 1e-7

    def slots(self) -> tuple[str, ...]:
        """The two moments."""
        return ("m", "v")

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
        m, v, work, ahead = slots["m"], slots["v"], scratch[0], scratch[1]
        now, following = self._momentum(step), self._momentum(step + 1)
        product = self.beta_1**step * WARMING[min(step, len(WARMING)) - 1]
        follow(m, grad, self.beta_1, work)
        follow_square(v, grad, self.beta_2, work)
        np.multiply(m, following / (1 - product * following), out=ahead)
        grad *= (1 - now) / (1 - product)
        ahead += grad
        np.multiply(v, 1 / (1 - self.beta_2**step), out=work)
        np.sqrt(work, out=work)
        work += self.epsilon
        ahead /= work
        ahead *= lr
        theta -= ahead

    def _momentum(self, step: int) -> float:
        return float(self.beta_1 * (1 - 0.5 * 0.96**step))
