"""sequential: layers one after the other, as one layer."""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np

from dlcli.core import sequence
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.encoder_aware import EncoderAware
from dlcli.core.fields import AsTuple
from dlcli.core.flow_plan import FlowPlan
from dlcli.core.layer import Layer, Plan
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Sequential(EncoderAware):
    """y = layers[-1](... layers[1](layers[0](x))); an empty list is y = x.

    x: (N, *in) -> y: (N, *out of the last layer). Parameters: those of its layers, named `dense/kernel` and so
    on. A mask goes through it as through a model's own list. Groups layers under one name, so that they can be
    frozen or copied together.
    """

    examples: ClassVar = (
        Example({"layers": [{"type": "dense", "units": 3, "activation": "tanh"}, {"type": "dense", "units": 2}]}, (4,)),
        Example({"layers": [{"type": "sequential", "layers": ["flatten", "sigmoid"]}]}, (2, 3)),
        Example({"layers": []}, (3,)),
    )

    layers: Annotated[tuple[Layer, ...], AsTuple]

    def plan_beside(self, in_shape: tuple[int, ...], flow: FlowPlan) -> Plan:
        """The shape that the last layer gives."""
        try:
            children = sequence.plan_sequence(self.layers, in_shape, flow)
        except ShapeError as error:
            raise ShapeError(
                error.message, where=error.where, hint=error.hint, path=("layers", *error.path),
            ) from None
        return Plan(
            out_shape=children[-1].plan.out_shape if children else in_shape, children=children,
            flops=sum(child.plan.flops for child in children), mask=sequence.mask_after(children, flow),
        )

    def without_end(self, kind: str) -> tuple[tuple[Layer, ...], Layer] | None:
        """Without the end of its layers."""
        found = sequence.without_end(self.layers, kind)
        return None if found is None else ((replace(self, layers=found[0]),), found[1])

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Through all layers."""
        return ctx.passage.forward(x)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """Back through all layers."""
        return ctx.passage.backward(dy)
