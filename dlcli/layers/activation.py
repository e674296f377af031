"""activation: an activation as a layer of its own, in the way Keras writes it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core import activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.layer import Layer, Plan


@dataclass(frozen=True, kw_only=True)
class Activation(Layer):
    """y = activation(x): `{type: activation, activation: relu}` is the layer `relu`.

    x: (N, ...) -> y: (N, ...). Any activation may also stand in the list of layers by its own name.
    """

    examples: ClassVar = (
        Example({"activation": "tanh"}, (5,)),
        Example({"activation": {"type": "leaky_relu", "negative_slope": 0.1}}, (2, 3)),
    )

    activation: activation.Activation

    def expand(self) -> tuple[Layer, ...]:
        """The named activation."""
        return (self.activation,)

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """As the named activation."""
        return self.activation.plan(in_shape)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """As the named activation."""
        return self.activation.forward(ctx, x)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """As the named activation."""
        return self.activation.backward(ctx, dy)
