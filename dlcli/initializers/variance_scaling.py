"""variance_scaling: values whose spread follows the number of inputs or outputs."""

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Literal

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import PositiveFloat
from dlcli.core.initializer import Initializer, fans
from dlcli.initializers.truncated_normal import TruncatedNormal

Mode = Literal["fan_in", "fan_out", "fan_avg"]
Distribution = Literal["truncated_normal", "untruncated_normal", "uniform"]
CUT = 0.87962566103423978
"""Standard deviation that a standard normal distribution has left when cut at two of its own."""


@dataclass(frozen=True, kw_only=True)
class VarianceScaling(Initializer):
    """Values of mean 0 and variance scale / n, n being the number of inputs, of outputs, or their mean.

    `mode`: fan_in, fan_out or fan_avg. `distribution`: truncated_normal (cut at two standard deviations, and
    widened so that the variance holds), untruncated_normal, or uniform in [-limit, limit], limit = sqrt(3 scale / n).
    The glorot, he and lecun initializers are this one with fixed keys.
    """

    examples: ClassVar = (
        Example(), Example({"scale": 2.0, "mode": "fan_avg", "distribution": "uniform"}),
        Example({"mode": "fan_out", "distribution": "untruncated_normal"}),
    )

    scale: PositiveFloat = 1.0
    mode: Mode = "fan_in"
    distribution: Distribution = "truncated_normal"

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Values of `shape`, drawn from `rng`."""
        fan_in, fan_out = fans(shape)
        count = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, count)
        if self.distribution == "uniform":
            limit = sqrt(3 * variance)
            return rng.uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return rng.normal(0.0, sqrt(variance), shape)
        return TruncatedNormal(stddev=sqrt(variance) / CUT).draw(shape, rng)
