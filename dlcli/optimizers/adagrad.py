"""adagrad: the more a parameter has been pushed, the smaller its steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import NonNegativeFloat, PositiveFloat
from dlcli.core.optimizer import Optimizer


@dataclass(frozen=True, kw_only=True)
class Adagrad(Optimizer):
    """a = a + g^2, theta -= lr g / sqrt(a + epsilon), a starting at `initial_accumulator_value`.

    The slot `a` starts at 0 and the first value is added where it is used. Epsilon is inside the root, as in Keras;
    PyTorch adds it to the root, and starts at 0.
    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods", JMLR 12, 2011.
    """

    scratch: ClassVar = 1
    examples: ClassVar = (Example(), Example({"learning_rate": 0.1, "initial_accumulator_value": 0.5, "epsilon": 1e-5}))

    learning_rate: PositiveFloat = 0.001
    initial_accumulator_value: NonNegativeFloat = 0.1
    epsilon: PositiveFloat = 1e-7

    def slots(self) -> tuple[str, ...]:
        """The sum of squares."""
        return ("a",)

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
        a, work = slots["a"], scratch[0]
        np.square(grad, out=work)
        a += work
        np.add(a, self.initial_accumulator_value + self.epsilon, out=work)
        np.sqrt(work, out=work)
        grad *= lr
        grad /= work
        theta -= grad
