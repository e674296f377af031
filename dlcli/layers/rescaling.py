"""rescaling: numbers in other units."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import Float
from dlcli.core.layer import Layer, Plan


@dataclass(frozen=True, kw_only=True)
class Rescaling(Layer):
    """y = scale x + offset. Nothing is learned.

    x: (N, ...) -> y: (N, ...). At the end of a model it gives answers in the units of the target, while the layers
    before it work with numbers around 0 and 1, which they learn best: `scale` is then the deviation of the target, and
    `offset` (default 0) its mean. The loss and the metrics are in these units too.
    """

    examples: ClassVar = (Example({"scale": 2.5, "offset": -1}, (3,)), Example({"scale": "1/255"}, (2, 2)))

    scale: Float
    offset: Float = 0.0

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        return Plan(out_shape=in_shape, flops=2 * prod(in_shape))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = scale x + offset."""
        y = np.multiply(x, self.scale, out=ctx.empty("y", x.shape))
        y += self.offset
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = scale dy."""
        return np.multiply(dy, self.scale, out=ctx.empty("dx", dy.shape))
