"""lamb: adam whose step is as long as each parameter's norm allows, for large batches."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat, Rate
from dlcli.core.optimizer import Optimizer
from dlcli.optimizers._moments import follow, follow_square


@dataclass(frozen=True, kw_only=True)
class Lamb(Optimizer):
    """r = m_hat / (sqrt(v_hat) + epsilon) with adam's corrected moments, theta -= lr r |theta| / |r| by parameter.

    Norms are those of one parameter, such as a kernel; where either is 0 the quotient is 1. `weight_decay` is decoupled
    as for all optimizers here and in Keras; the paper adds it to r, inside the quotient.
    Source: You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", 2020, algorithm 2.
    """

    scratch: ClassVar = 1
    by_parameter: ClassVar = True
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
        m, v, work = slots["m"], slots["v"], scratch[0]
        follow(m, grad, self.beta_1, work)
        follow_square(v, grad, self.beta_2, work)
        np.multiply(v, 1 / (1 - self.beta_2**step), out=work)
        np.sqrt(work, out=work)
        work += self.epsilon
        r = np.multiply(m, 1 / (1 - self.beta_1**step), out=grad)
        r /= work
        size, length = sqrt(float(np.dot(theta, theta))), sqrt(float(np.dot(r, r)))
        r *= lr * (size / length if size and length else 1.0)
        theta -= r
