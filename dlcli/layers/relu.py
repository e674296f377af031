"""relu: what is negative becomes zero."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.kernels.relu import relu, relu_gradient, zeros_shape


@dataclass(frozen=True, kw_only=True)
class Relu(Activation):
    """Rectified linear unit: y = max(x, 0). The derivative at 0 is taken as 0.

    x: (N, ...) -> y: (N, ...).
    """

    goes_behind_maximum: ClassVar[bool] = True
    examples: ClassVar = (Example({}, (5,)), Example({}, (2, 3)))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = max(x, 0)."""
        zeros = ctx.empty("zeros", zeros_shape(x.shape, x.size))  # new memory is zero, and nothing writes to this
        ctx.y = relu(x, out=ctx.empty("y", x.shape), zeros=zeros)
        return ctx.y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy where y > 0, else 0."""
        dx, alive = ctx.empty("dx", dy.shape), ctx.empty("alive", dy.shape, bool)
        return relu_gradient(dy, ctx.y, out=dx, alive=alive)
