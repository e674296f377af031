"""The contract of layers."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from dlcli.core.component import Component
from dlcli.core.context import Context
from dlcli.core.fields import Name
from dlcli.core.params import Param


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a layer does to one sample, known before any memory is taken.

    `out_shape` is the shape of one output sample. `params` are the parameters the layer needs and
    `buffers` the values it keeps but does not train, by name. `children` are the planned layers of a composite,
    in the order of `ctx.children`. `flops` counts the multiplications and additions of the forward
    pass of one sample.
    """

    out_shape: tuple[int, ...]
    params: Mapping[str, Param] = field(default_factory=dict)
    buffers: Mapping[str, Param] = field(default_factory=dict)
    children: tuple["Planned", ...] = ()
    flops: int = 0


@dataclass(frozen=True, kw_only=True)
class Layer(Component):
    """A function of a batch with parameters, and its derivative.

    `name` is its name in checkpoints and reports, by default its type, numbered where a type comes
    twice. `trainable: false` freezes its parameters.
    """

    kind: ClassVar[str] = "layers"
    exact_gradient: ClassVar[bool] = True
    """Whether the derivative exists wherever examples are checked; False for a step function."""

    name: Name | None = None
    trainable: bool = True

    @abstractmethod
    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """Output shape, parameters and cost for input samples of `in_shape`; allocates nothing.

        Raises ShapeError where the layer cannot work on such samples.
        """
        raise NotImplementedError

    @abstractmethod
    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y: (N, *out_shape) of x: (N, *in_shape). Keeps in `ctx` what backward needs; leaves x as it is."""
        raise NotImplementedError

    @abstractmethod
    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dx of dy. Overwrites `ctx.grads`; leaves dy as it is; may return None where not `ctx.needs_dx`."""
        raise NotImplementedError

    def expand(self) -> tuple["Layer", ...]:
        """The layers that do this layer's work, in order: itself, or itself without its activation and that."""
        return (self,)


@dataclass(frozen=True)
class Planned:
    """A layer with its place in a model: a unique `name`, the shape it gets, and its plan."""

    name: str
    layer: Layer
    in_shape: tuple[int, ...]
    plan: Plan
