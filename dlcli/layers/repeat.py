"""repeat: the same layers several times in a row."""

from dataclasses import dataclass, fields, replace
from typing import Annotated, ClassVar

import numpy as np

from dlcli.core import sequence
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.encoder_aware import EncoderAware
from dlcli.core.fields import AsTuple, PositiveInt
from dlcli.core.flow_plan import FlowPlan
from dlcli.core.layer import Layer, Plan
from dlcli.errors import ShapeError
from dlcli.layers._composite import planned


@dataclass(frozen=True, kw_only=True)
class Repeat(EncoderAware):
    """y = F_times(... F_2(F_1(x))): copies of `layer`, or of `layers` in a row, one after the other.

    Every copy has parameters of its own, named `0/dense/kernel`, `1/dense/kernel` and so on.
    x: (N, *in) -> y: (N, *out of the last copy). A mask goes through as through a list of layers. Raises ShapeError
    where not just one of `layer` and `layers` is given, and where a copy cannot work on what the one before gives.
    """

    examples: ClassVar = (
        Example({"layer": {"type": "dense", "units": 3, "activation": "tanh"}, "times": 3}, (2,)),
        Example({"layers": [{"type": "dense", "units": 4}, "tanh"], "times": 2}, (3, 4)),
    )

    layer: Layer | None = None
    layers: Annotated[tuple[Layer, ...], AsTuple] | None = None
    times: PositiveInt

    def plan_beside(self, in_shape: tuple[int, ...], flow: FlowPlan) -> Plan:
        """The shape that the last copy gives."""
        if (self.layer is None) == (self.layers is None):
            raise ShapeError(
                "repeat needs either `layer`, one layer, or `layers`, a list; "
                + ("neither is given" if self.layer is None else "both are given"),
                hint="write {type: repeat, layer: {type: ...}, times: 6}",
                path=() if self.layer is None else ("layer",),
            )
        children = []
        shape = in_shape
        for number in range(self.times):
            try:
                child = planned(str(number), self._copy(number), shape, path=("layers",), flow=flow)
            except ShapeError as error:
                path = error.path if self.layers is not None else ("layer", *error.path[2:])
                hint = error.hint if number == 0 else f"{error.hint}; copy {number} gets what copy {number - 1} gives"
                raise ShapeError(
                    error.message, where=f"copy {number}, {error.where}", hint=hint, path=path,
                ) from None
            children.append(child)
            shape, flow = child.plan.out_shape, replace(flow, mask=child.plan.mask)
        return Plan(
            out_shape=shape, children=tuple(children), flops=sum(child.plan.flops for child in children),
            mask=flow.mask,
        )

    def without_end(self, kind: str) -> tuple[tuple[Layer, ...], Layer] | None:
        """Without the end of the last copy; all others keep theirs."""
        found = sequence.without_end(self._copy(self.times - 1), kind)
        if found is None:
            return None
        cut = _WithAnotherLast(
            **{field.name: getattr(self, field.name) for field in fields(self)} | {"last": found[0]},
        )
        return (cut,), found[1]

    def _copy(self, number: int) -> tuple[Layer, ...]:
        """The layers of one copy."""
        return (self.layers or ()) if self.layer is None else (self.layer,)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Through all copies."""
        return ctx.passage.forward(x)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """Back through all copies."""
        return ctx.passage.backward(dy)


@dataclass(frozen=True, kw_only=True)
class _WithAnotherLast(Repeat):
    """The same, but for the last copy, whose end is in the loss."""

    last: tuple[Layer, ...]

    def _copy(self, number: int) -> tuple[Layer, ...]:
        return self.last if number == self.times - 1 else super()._copy(number)
