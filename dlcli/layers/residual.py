"""residual: layers that add to what comes in, instead of replacing it."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.encoder_aware import EncoderAware
from dlcli.core.fields import AsTuple
from dlcli.core.flow_plan import FlowPlan, joined
from dlcli.core.layer import Layer, Plan, Planned
from dlcli.errors import ShapeError
from dlcli.layers._composite import joined_mask, planned


@dataclass(frozen=True, kw_only=True)
class Residual(EncoderAware):
    """y = F(x) + S(x): F is `layers` in a row, S is `shortcut` in a row, or S(x) = x where there is none.

    x: (N, *in) -> y: (N, *out of F). Parameters: those of its layers, named `layers/dense/kernel` and
    `shortcut/dense/kernel`. Both ways start with the mask that comes in; afterwards a step counts where it counts
    at the end of both, and no mask is left where one of them took it away. Raises ShapeError where F(x) and S(x)
    differ in shape. Source: He et al., "Deep residual learning for image recognition", 2015.
    """

    examples: ClassVar = (
        Example({"layers": [{"type": "dense", "units": 4, "activation": "tanh"}]}, (4,)),
        Example(
            {"layers": [{"type": "dense", "units": 3}, "tanh"], "shortcut": [{"type": "dense", "units": 3}]}, (2, 5),
        ),
        Example({"layers": ["tanh", {"type": "residual", "layers": ["sigmoid"]}]}, (3,)),
    )

    layers: Annotated[tuple[Layer, ...], AsTuple]
    shortcut: Annotated[tuple[Layer, ...], AsTuple] | None = None

    def plan_beside(self, in_shape: tuple[int, ...], flow: FlowPlan) -> Plan:
        """The shape that both ways give."""
        main = planned("layers", self.layers, in_shape, path=("layers",), flow=flow)
        children: tuple[Planned, ...] = (main,)
        added, what = in_shape, "what comes in"
        if self.shortcut is not None:
            children = (main, planned(
                "shortcut", self.shortcut, in_shape, path=("shortcut",), where="shortcut", flow=flow,
            ))
            added, what = children[1].plan.out_shape, "what `shortcut` gives"
        out_shape = main.plan.out_shape
        if out_shape != added:
            raise ShapeError(
                f"residual adds what `layers` give, shape {out_shape}, to {what}, shape {added}: they must be equal",
                hint=f"make the last of `layers` give {added}, or let `shortcut` lead from {in_shape} to {out_shape}, "
                     "such as a dense layer, or conv2d with kernel_size 1 and the same strides",
                path=("layers",) if self.shortcut is None else ("shortcut",),
            )
        size = int(np.prod(out_shape))
        left = (main.plan.mask, flow.mask if self.shortcut is None else children[1].plan.mask)
        return Plan(
            out_shape=out_shape, children=children, flops=size + sum(c.plan.flops for c in children),
            mask=joined(flow.mask, left),
        )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = F(x) + S(x)."""
        flow, came_in = ctx.flow, ctx.flow.mask
        main, *shortcut = (child.layer for child in ctx.plan.children)
        added = main.forward(ctx.children[0], x)
        left, beside = flow.mask, x
        flow.mask = came_in
        if shortcut:
            beside = shortcut[0].forward(ctx.children[1], x)
        flow.mask = joined_mask(ctx, came_in, (left, flow.mask))
        y: np.ndarray = np.add(added, beside, out=ctx.empty("y", added.shape))
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dx = F'(x) dy + S'(x) dy."""
        main, *shortcut = (child.layer for child in ctx.plan.children)
        dx = main.backward(ctx.children[0], dy)
        beside = shortcut[0].backward(ctx.children[1], dy) if shortcut else dy
        if not ctx.needs_dx or dx is None or beside is None:
            return None
        total: np.ndarray = np.add(dx, beside, out=ctx.empty("dx", dx.shape))
        return total
