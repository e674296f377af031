"""The contract of optimizers."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Component
from dlcli.core.fields import NonNegativeFloat, PositiveFloat


@dataclass(frozen=True, kw_only=True)
class Optimizer(Component):
    """Moves theta along the gradient. Keeps no state: its slots are vectors like theta.

    `weight_decay` is decoupled: theta -= lr * weight_decay * theta before the gradient's own step, past the moments,
    for kernels alone and not for biases and scales of normalisations.
    """

    kind: ClassVar[str] = "optimizers"
    scratch: ClassVar[int] = 0
    """How many further vectors it works in; their contents do not outlive a step."""
    by_parameter: ClassVar[bool] = False
    """Whether a step is taken for each parameter on its own, because the rule needs the parameter's norm."""

    learning_rate: PositiveFloat
    weight_decay: NonNegativeFloat = 0.0

    def slots(self) -> tuple[str, ...]:
        """Names of the vectors it keeps from step to step (`m`, `v`); they start at zero and are checkpointed."""
        return ()

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
        """One update in place; `theta`, `grad` and the slots are (P,), `scratch` is (self.scratch, P).

        `lr` is what the schedule says for this step; `step` counts from 1; `theta[:decayed]` are the
        parameters to which weight decay applies. `grad` may be overwritten. The vectors are all trainable parameters
        or a piece of them: one parameter where `by_parameter`, and else any number of whole ones.
        """
        if self.weight_decay and decayed:
            body = theta[:decayed]
            np.multiply(body, 1 - lr * self.weight_decay, out=body)
        self.move(theta, grad, slots, scratch, lr=lr, step=step)

    @abstractmethod
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
        """The gradient's own step; arguments as in `step`."""
        raise NotImplementedError
