"""lion: only the sign of a moving average is followed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat, Rate
from dlcli.core.optimizer import Optimizer
from dlcli.optimizers._moments import follow


@dataclass(frozen=True, kw_only=True)
class Lion(Optimizer):
    """theta -= lr sign(b1 m + (1 - b1) g), m = b2 m + (1 - b2) g.

    Every parameter moves by the same length: take a rate three to ten times smaller than for adam, and a
    `weight_decay` as many times larger.
    Source: Chen et al., "Symbolic discovery of optimization algorithms", 2023, algorithm 2.
    """

    scratch: ClassVar = 2
    examples: ClassVar = (
        Example(),
        Example({"learning_rate": 1e-4, "beta_1": 0.95, "beta_2": 0.98, "weight_decay": 1.0}),
    )

    learning_rate: PositiveFloat = 0.001
    beta_1: Rate = 0.9
    beta_2: Rate = 0.99

    def slots(self) -> tuple[str, ...]:
        """The moving average."""
        return ("m",)

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
        m, work, direction = slots["m"], scratch[0], scratch[1]
        np.multiply(m, self.beta_1, out=direction)
        np.multiply(grad, 1 - self.beta_1, out=work)
        direction += work
        np.sign(direction, out=direction)
        direction *= lr
        theta -= direction
        follow(m, grad, self.beta_2, work)
