"""The contract of optimizers."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Component
from dlcli.core.fields import PositiveFloat


@dataclass(frozen=True, kw_only=True)
class Optimizer(Component):
    """Moves theta along the gradient. Keeps no state: its slots are vectors like theta."""

    kind: ClassVar[str] = "optimizers"
    scratch: ClassVar[int] = 0
    """How many further vectors it works in; their contents do not outlive a step."""

    learning_rate: PositiveFloat

    def slots(self) -> tuple[str, ...]:
        """Names of the vectors it keeps from step to step (`m`, `v`); they start at zero and are checkpointed."""
        return ()

    @abstractmethod
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
        parameters to which weight decay applies. `grad` may be overwritten.
        """
        raise NotImplementedError
