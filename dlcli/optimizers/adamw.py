"""adamw: adam whose weight decay does not pass through the moments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import NonNegativeFloat, PositiveFloat, Rate
from dlcli.core.optimizer import Optimizer
from dlcli.kernels.adam import adam


@dataclass(frozen=True, kw_only=True)
class Adamw(Optimizer):
    """theta -= lr * weight_decay * theta, then adam's update.

    The decay applies to kernels alone, not to biases and to the scales of normalisations; Keras decays all
    unless told to leave some out, but shrinking a bias towards 0 has no reason. The rest as `adam`.
    Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019, algorithm 2.
    """

    examples: ClassVar = (
        Example(),
        Example({"learning_rate": 0.01, "weight_decay": 0.1, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5}),
    )

    learning_rate: PositiveFloat = 0.001
    weight_decay: NonNegativeFloat = 0.004
    beta_1: Rate = 0.9
    beta_2: Rate = 0.999
    epsilon: PositiveFloat = 1e-7

    def slots(self) -> tuple[str, ...]:
        """The two moments."""
        return ("m", "v")

    def step(
        self,
        theta: np.ndarray,
        grad: np.ndarray,
        slots: Mapping[str, np.ndarray],
        scratch: np.ndarray,
        *,
        lr: float,
        step: int,
        decayed: int,
    ) -> None:
        """One update in place."""
        adam(
            theta, grad, slots["m"], slots["v"], beta_1=self.beta_1, beta_2=self.beta_2,
            alpha=lr * (1 - self.beta_2**step) ** 0.5 / (1 - self.beta_1**step), epsilon=self.epsilon,
            shrink=1 - lr * self.weight_decay, decayed=decayed if self.weight_decay else 0,
        )
