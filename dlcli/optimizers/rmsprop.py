"""rmsprop: gradients divided by the root of their recent mean square."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat, Rate
from dlcli.core.optimizer import Optimizer
from dlcli.optimizers._moments import follow, follow_square


@dataclass(frozen=True, kw_only=True)
class Rmsprop(Optimizer):
    """v = rho v + (1 - rho) g^2, theta -= lr g / sqrt(v + epsilon).

    With `momentum`, m = momentum m + lr g / sqrt(v + epsilon), theta -= m. With `centered: true` the square of the
    gradients' running mean is taken off v, which leaves an estimate of their variance. Epsilon is inside the root, as
    in Keras; PyTorch adds it to the root.
    Source: Tieleman and Hinton, "Lecture 6.5: RMSProp", 2012; Graves, "Generating sequences with recurrent neural
    networks", 2013, equations 38 to 45.
    """

    scratch: ClassVar = 1
    examples: ClassVar = (
        Example(),
        Example({"learning_rate": 0.01, "rho": 0.8, "momentum": 0.9, "epsilon": 1e-5}),
        Example({"learning_rate": 0.01, "momentum": 0.5, "centered": True}),
    )

    learning_rate: PositiveFloat = 0.001
    rho: Rate = 0.9
    momentum: Rate = 0.0
    epsilon: PositiveFloat = 1e-7
    centered: bool = False

    def slots(self) -> tuple[str, ...]:
        """The mean square, with `centered` the mean, and the velocity where there is momentum."""
        return ("v", *(("mean",) if self.centered else ()), *(("m",) if self.momentum else ()))

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
        v, work = slots["v"], scratch[0]
        follow_square(v, grad, self.rho, work)
        root = v
        if self.centered:
            mean = slots["mean"]
            follow(mean, grad, self.rho, work)
            np.square(mean, out=work)
            root = np.subtract(v, work, out=work)
            np.maximum(root, 0, out=root)  # rounding can leave a little less than nothing
        np.add(root, self.epsilon, out=work)
        np.sqrt(work, out=work)
        grad *= lr
        grad /= work
        if self.momentum:
            m = slots["m"]
            m *= self.momentum
            m += grad
            theta -= m
        else:
            theta -= grad
