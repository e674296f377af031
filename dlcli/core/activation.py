"""The contract of activations: layers without parameters that keep the shape."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.layer import Layer, Plan


@dataclass(frozen=True, kw_only=True)
class Activation(Layer):
    """A layer that any `activation:` key may name. Keeps the shape, has no parameters."""

    elementwise: ClassVar[bool] = True
    """Whether each number becomes another one by itself; False where it also depends on those beside it."""

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape; about one operation a value."""
        size = 1
        for extent in in_shape:
            size *= extent
        return Plan(out_shape=in_shape, flops=size)
