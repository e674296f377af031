"""adam: every parameter gets a pace of its own from the first two moments of its gradient."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat, Rate
from dlcli.core.optimizer import Optimizer
from dlcli.kernels.adam import adam


@dataclass(frozen=True, kw_only=True)
class Adam(Optimizer):
    """m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, theta -= alpha m / (sqrt(v) + epsilon).

    alpha = lr sqrt(1 - b2^t) / (1 - b1^t) in step t, from 1: the paper's form with its "epsilon hat", as in
    Keras; PyTorch adds epsilon to sqrt(v / (1 - b2^t)) instead. The slots `m` and `v` hold the moments
    divided by (1 - b1) and (1 - b2), which is the same up to a constant and saves time.
    `amsgrad: true` divides by the largest v so far, so that no parameter's pace ever grows.
    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, end of section 2; Reddi, Kale and
    Kumar, "On the convergence of Adam and beyond", 2018.
    """

    examples: ClassVar[tuple[Example, ...]] = (
        Example(),
        Example({"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5}),
        Example({"learning_rate": 0.01, "amsgrad": True, "weight_decay": 0.1}),
    )

    learning_rate: PositiveFloat = 0.001
    beta_1: Rate = 0.9
    beta_2: Rate = 0.999
    epsilon: PositiveFloat = 1e-7
    amsgrad: bool = False

    def slots(self) -> tuple[str, ...]:
        """The two moments, and the largest second one."""
        return ("m", "v", "largest") if self.amsgrad else ("m", "v")

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
        adam(
            theta, grad, slots["m"], slots["v"], beta_1=self.beta_1, beta_2=self.beta_2,
            alpha=lr * (1 - self.beta_2**step) ** 0.5 / (1 - self.beta_1**step), epsilon=self.epsilon,
            largest=slots["largest"] if self.amsgrad else None,
        )
