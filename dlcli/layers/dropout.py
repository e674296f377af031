"""dropout: silences random numbers during training, so that none is relied upon."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.layer import Plan
from dlcli.layers._dropout import MaskedOut


@dataclass(frozen=True, kw_only=True)
class Dropout(MaskedOut):
    """In training y = x * keep / (1 - rate) with keep = 0 with probability `rate`, else 1; otherwise y = x.

    x: (N, ...) -> y: (N, ...). `rate` is the share that is silenced, 0 to below 1; the rest grows so
    that the mean stays. Every number of every sample is drawn anew at every step.
    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
    """

    examples: ClassVar = (Example({"rate": 0.2}, (5,)), Example({"rate": 0.5}, (2, 3)), Example({"rate": 0.0}, (4,)))

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        return Plan(out_shape=in_shape)

    def mask_shape(self, x_shape: tuple[int, ...]) -> tuple[int, ...]:
        """A number for every number."""
        return x_shape
