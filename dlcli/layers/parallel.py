"""parallel: branches that see the same input, merged at the end."""

from dataclasses import dataclass, replace
from math import prod
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dlcli import registry
from dlcli.core import sequence
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.encoder_aware import EncoderAware
from dlcli.core.fields import AsTuple, Int
from dlcli.core.flow_plan import FlowPlan, joined
from dlcli.core.layer import Layer, Plan
from dlcli.errors import ShapeError
from dlcli.layers._composite import joined_mask, planned

Branch = Annotated[tuple[Layer, ...], AsTuple]


@dataclass(frozen=True, kw_only=True)
class Parallel(EncoderAware):
    """y = merge(B_0(x), B_1(x), ...): every branch is a list of layers; an empty one passes x on.

    x: (N, *in) -> y: (N, *out). `merge: add`, `multiply` and `average` work number by number on branches of one
    shape; `concatenate` joins them along `axis`, counted as in Keras: 0 is the batch, 1 the first axis of a
    sample, -1 the last. `axis` is read by `concatenate` alone. Parameters: those of the layers, named
    `0/dense/kernel` after the branch's number. Every branch starts with the mask that comes in; afterwards a step
    counts where it counts in every branch that has a mask, and no mask is left where a branch took it away.
    Joined along time (axis 1 of sequences) masks are joined too. Raises ShapeError where the shapes do not fit.
    """

    examples: ClassVar = (
        Example({"branches": [[{"type": "dense", "units": 3}], ["tanh"]], "merge": "add"}, (3,)),
        Example({"branches": [[{"type": "dense", "units": 2}], ["tanh"], []], "merge": "concatenate"}, (2, 3)),
        Example({"branches": [["tanh"], ["sigmoid"]], "merge": "concatenate", "axis": 1}, (2, 3)),
        Example({"branches": [[{"type": "dense", "units": 3}], ["sigmoid"], ["tanh"]], "merge": "multiply"}, (3,)),
        Example({"branches": [["tanh"], [{"type": "dense", "units": 2}]], "merge": "average"}, (4, 2)),
    )

    branches: Annotated[tuple[Branch, ...], AsTuple, Field(min_length=1)]
    merge: Literal["add", "concatenate", "multiply", "average"] = "concatenate"
    axis: Int = -1

    def plan_beside(self, in_shape: tuple[int, ...], flow: FlowPlan) -> Plan:
        """The merged shape."""
        children = tuple(
            planned(
                str(number), layers, in_shape, path=("branches", number), where=f"branch {number}", flow=flow,
            )
            for number, layers in enumerate(self.branches)
        )
        shapes = [child.plan.out_shape for child in children]
        out_shape = self._joined(shapes) if self.merge == "concatenate" else shapes[0]
        for number, shape in enumerate(shapes):
            if self.merge != "concatenate" and shape != out_shape:
                raise ShapeError(
                    f"merge: {self.merge} needs branches of one shape; branch 0 gives {out_shape}, "
                    f"branch {number} gives {shape}",
                    hint="end the branches alike, or use merge: concatenate", path=("branches", number),
                )
        flops = len(shapes) * prod(out_shape) + sum(child.plan.flops for child in children)
        mask = joined(None if self._in_time(out_shape) else flow.mask, [child.plan.mask for child in children])
        return Plan(out_shape=out_shape, children=children, flops=flops, mask=mask)

    def _in_time(self, out_shape: tuple[int, ...]) -> bool:
        """Whether the branches are laid one after the other along the steps."""
        return self.merge == "concatenate" and len(out_shape) > 1 and self.axis % (len(out_shape) + 1) == 1

    def _joined(self, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
        first = shapes[0]
        axis = self.axis - 1 if self.axis > 0 else self.axis + len(first)
        if self.axis == 0 or not 0 <= axis < len(first):
            raise ShapeError(
                f"cannot concatenate samples of shape {first} along axis {self.axis}",
                hint=f"axis counts from 1, the first axis of a sample, to {len(first)}, or from -1 backwards"
                     if first else "put {type: reshape, shape: [1]} at the end of every branch", path=("axis",),
            )
        for number, shape in enumerate(shapes):
            if len(shape) != len(first) or shape[:axis] + shape[axis + 1:] != first[:axis] + first[axis + 1:]:
                raise ShapeError(
                    f"merge: concatenate along axis {self.axis} needs branches that differ in that axis alone; "
                    f"branch 0 gives {first}, branch {number} gives {shape}",
                    hint="end the branches alike, or choose another axis", path=("branches", number),
                )
        return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1:])

    def without_end(self, kind: str) -> tuple[tuple[Layer, ...], Layer] | None:
        """Without the end of every branch, where all have the same and it may as well come after the merge."""
        found = [sequence.without_end(branch, kind) for branch in self.branches]
        ends = [cut[1] for cut in found if cut is not None]
        elementwise = getattr(registry.get("layers", kind), "elementwise", False)
        if len(ends) < len(found) or self.merge != "concatenate" or not elementwise:
            return None
        return (replace(self, branches=tuple(cut[0] for cut in found if cut is not None)),), ends[0]

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """All branches, then the merge."""
        flow, came_in = ctx.flow, ctx.flow.mask
        parts, masks = [], []
        for child, inner in zip(ctx.plan.children, ctx.children, strict=True):
            flow.mask = came_in
            parts.append(child.layer.forward(inner, x))
            masks.append(flow.mask)
        ctx.parts = parts
        y = ctx.empty("y", (len(x), *ctx.plan.out_shape))
        if self.merge == "concatenate":
            axis = self.axis % y.ndim
            in_time = self._in_time(ctx.plan.out_shape)
            flow.mask = _beside(ctx, parts, masks) if in_time else joined_mask(ctx, came_in, masks)
            return np.concatenate(parts, axis=axis, out=y)
        flow.mask = joined_mask(ctx, came_in, masks)
        y[...] = parts[0]
        for part in parts[1:]:
            (np.multiply if self.merge == "multiply" else np.add)(y, part, out=y)
        if self.merge == "average":
            y *= 1 / len(parts)
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """The sum over the branches of what each makes of its share of dy."""
        dx, start = None, 0
        if self.merge == "average":
            dy = np.multiply(dy, 1 / len(ctx.parts), out=ctx.empty("share", dy.shape))
        for number, (child, inner) in enumerate(zip(ctx.plan.children, ctx.children, strict=True)):
            share = dy
            if self.merge == "multiply":
                share = ctx.empty(f"share {number}", dy.shape)
                share[...] = dy
                for other, part in enumerate(ctx.parts):
                    if other != number:
                        share *= part
            elif self.merge == "concatenate":
                axis, stop = self.axis % dy.ndim, start + ctx.parts[number].shape[self.axis]
                share = ctx.empty(f"share {number}", ctx.parts[number].shape)
                share[...] = dy[(slice(None),) * axis + (slice(start, stop),)]
                start = stop
            back = child.layer.backward(inner, share)
            if ctx.needs_dx and back is not None:
                dx = back if dx is None else np.add(dx, back, out=ctx.empty("dx", back.shape))
        return dx


def _beside(ctx: Context, parts: list[np.ndarray], masks: list[np.ndarray | None]) -> np.ndarray | None:
    """Masks of sequences laid one after the other in time."""
    if all(mask is None for mask in masks):
        return None
    joined = ctx.empty("mask", (len(parts[0]), sum(part.shape[1] for part in parts)), bool)
    start = 0
    for part, mask in zip(parts, masks, strict=True):
        stop = start + part.shape[1]
        joined[:, start:stop] = True if mask is None else mask
        start = stop
    return joined
