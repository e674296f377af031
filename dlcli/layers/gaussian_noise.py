"""gaussian_noise: shakes what it gets during training."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import NonNegativeFloat
from dlcli.core.layer import Layer, Plan


@dataclass(frozen=True, kw_only=True)
class GaussianNoise(Layer):
    """In training y = x + stddev * e with e from the standard normal distribution, drawn for every number; else y = x.

    x: (N, ...) -> y: (N, ...). `stddev` is in the units of x.
    """

    examples: ClassVar = (
        Example({"stddev": 0.1}, (5,)), Example({"stddev": 1.0}, (2, 3)), Example({"stddev": 0.0}, (4,)),
    )

    stddev: NonNegativeFloat

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        return Plan(out_shape=in_shape)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Draws the noise and adds it."""
        if not ctx.training or self.stddev == 0:
            return x
        assert ctx.rng is not None
        y = ctx.empty("y", x.shape)
        ctx.rng.standard_normal(out=y, dtype=y.dtype)
        y *= self.stddev
        y += x
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy, the same array."""
        return dy
