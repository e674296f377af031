"""lecun_normal: normal values whose spread keeps the variance of activations through a layer."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.initializer import Initializer
from dlcli.initializers.variance_scaling import VarianceScaling


@dataclass(frozen=True, kw_only=True)
class LecunNormal(Initializer):
    """Normal with stddev = sqrt(1 / fan_in), cut at two standard deviations. Goes with selu.

    Source: LeCun et al., "Efficient backprop", 1998.
    """

    examples: ClassVar = (Example(),)

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Values of `shape`, drawn from `rng`."""
        return VarianceScaling(scale=1.0, mode="fan_in", distribution="truncated_normal").draw(shape, rng)
