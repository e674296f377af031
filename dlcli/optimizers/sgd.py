"""sgd: stochastic gradient descent, with or without momentum."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat, Rate
from dlcli.core.optimizer import Optimizer


@dataclass(frozen=True, kw_only=True)
class Sgd(Optimizer):
    """theta -= lr * g; with momentum m = momentum * m - lr * g, theta += m.

    With `nesterov: true`, theta += momentum * m - lr * g. The momentum form is Keras': the learning
    rate is inside m, so that a changed rate acts on new gradients alone.
    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013.
    """

    examples: ClassVar[tuple[Example, ...]] = (
        Example({"learning_rate": 0.1}),
        Example({"momentum": 0.9}),
        Example({"momentum": 0.9, "nesterov": True}),
        Example({"weight_decay": 0.1}),
    )

    learning_rate: PositiveFloat = 0.01
    momentum: Rate = 0.0
    nesterov: bool = False

    def slots(self) -> tuple[str, ...]:
        """The velocity m, where there is momentum."""
        return ("m",) if self.momentum else ()

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
        descent = np.multiply(grad, -lr, out=grad)
        if self.momentum:
            m = slots["m"]
            m *= self.momentum
            m += descent
            if self.nesterov:
                theta += descent
                descent = np.multiply(m, self.momentum, out=grad)
            else:
                descent = m
        theta += descent
