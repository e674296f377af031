"""cosine_restarts: the learning rate glides down half a wave, again and again."""

from dataclasses import dataclass
from math import cos, pi
from typing import Annotated, ClassVar

from pydantic import Field

from dlcli.core.component import Example
from dlcli.core.fields import Float, PositiveFloat, PositiveInt
from dlcli.core.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class CosineRestarts(Schedule):
    """rate(step) = base * (alpha + (1 - alpha) m_mul**i (1 + cos(pi * progress)) / 2) in period i, from 0.

    Keras' CosineDecayRestarts. The first period takes `first_decay_steps` optimizer steps and each further one `t_mul`
    times as many; `m_mul` is what is left of the height from one period to the next, `alpha` the share of the rate at
    the end of a period.
    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
    """

    examples: ClassVar = (
        Example({"first_decay_steps": 1000}),
        Example({"first_decay_steps": 10, "t_mul": 1.0, "m_mul": 0.5, "alpha": 0.1}),
    )

    first_decay_steps: PositiveInt
    t_mul: Annotated[Float, Field(ge=1)] = 2.0
    m_mul: PositiveFloat = 1.0
    alpha: Annotated[Float, Field(ge=0, le=1)] = 0.0

    def rate(self, step: int, *, base: float, total: int) -> float:
        """Learning rate of `step`."""
        period, length, into = 0, float(self.first_decay_steps), float(step)
        if self.t_mul == 1:
            period, into = divmod(step, self.first_decay_steps)
        while into >= length:
            into -= length
            length *= self.t_mul
            period += 1
        wave = self.m_mul**period * (1 + cos(pi * into / length)) / 2
        return float(base * (self.alpha + (1 - self.alpha) * wave))
