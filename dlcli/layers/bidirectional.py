"""bidirectional: a recurrent layer that reads a sequence from both ends."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.layer import Layer, Plan, Planned
from dlcli.core.recurrent import Recurrent
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Bidirectional(Layer):
    """y = merge(F(x), B(x)): F is `layer`, B a copy with parameters of its own that reads x from its end.

    With `return_sequences: true` the states of B are turned around, so that both belong to the same step.
    x: (N, T, I) -> y: (N, [T,] 2 units) with `merge_mode: concat`, (N, [T,] units) with `sum`, `ave` (the mean) and
    `mul`. Parameters: those of the layer, as `forward/kernel` and `backward/kernel` and so on. Both see the mask that
    comes in; it goes on where the layer returns sequences. Raises ShapeError where the layer goes backwards itself.
    Source: Schuster and Paliwal, "Bidirectional recurrent neural networks", 1997.
    """

    reads_mask: ClassVar = True
    examples: ClassVar = (
        Example({"layer": {"type": "lstm", "units": 2}, "merge_mode": "concat"}, (3, 2)),
        Example({"layer": {"type": "gru", "units": 2, "return_sequences": True}, "merge_mode": "sum"}, (3, 2)),
        Example({"layer": {"type": "simple_rnn", "units": 2, "return_sequences": True}}, (4, 1)),
        Example({"layer": {"type": "simple_rnn", "units": 3}, "merge_mode": "ave"}, (2, 2)),
        Example({"layer": {"type": "simple_rnn", "units": 2, "return_sequences": True}, "merge_mode": "mul"}, (3, 2)),
    )

    layer: Recurrent
    merge_mode: Literal["concat", "sum", "ave", "mul"] = "concat"

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The layer's shape, twice as wide where both are kept side by side."""
        if self.layer.go_backwards:
            raise ShapeError(
                "bidirectional runs its layer both ways; the layer must not go backwards by itself",
                hint="take go_backwards out", path=("layer", "go_backwards"),
            )
        children = []
        for name, layer in (("forward", self.layer), ("backward", replace(self.layer, go_backwards=True))):
            try:
                children.append(Planned(name, layer, in_shape, layer.plan(in_shape)))
            except ShapeError as error:
                raise ShapeError(
                    error.message, where=error.where, hint=error.hint, path=("layer", *error.path),
                ) from None
        shape = children[0].plan.out_shape
        out_shape = (*shape[:-1], 2 * shape[-1]) if self.merge_mode == "concat" else shape
        return Plan(
            out_shape=out_shape, children=tuple(children), flops=sum(child.plan.flops for child in children),
            steps=children[0].plan.steps,
        )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Both ways, then the merge."""
        flow, came_in, (ahead, behind) = ctx.flow, ctx.flow.mask, ctx.plan.children
        first = ahead.layer.forward(ctx.children[0], x)
        mask, flow.mask = flow.mask, came_in
        second = self._turned(behind.layer.forward(ctx.children[1], x))
        flow.mask = mask
        y = ctx.empty("y", (len(x), *ctx.plan.out_shape))
        ctx.parts = first, second
        if self.merge_mode == "concat":
            H = first.shape[-1]
            y[..., :H], y[..., H:] = first, second
            return y
        (np.multiply if self.merge_mode == "mul" else np.add)(first, second, out=y)
        if self.merge_mode == "ave":
            y *= 0.5
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dx of both ways, summed."""
        first, second = ctx.parts
        shares = ctx.empty("first", first.shape), ctx.empty("second", first.shape)
        turned = self._turned(shares[1])
        if self.merge_mode == "concat":
            H = first.shape[-1]
            shares[0][...], turned[...] = dy[..., :H], dy[..., H:]
        elif self.merge_mode == "mul":
            np.multiply(dy, second, out=shares[0])
            np.multiply(dy, first, out=turned)
        else:
            factor = 0.5 if self.merge_mode == "ave" else 1
            for share in (shares[0], turned):
                np.multiply(dy, factor, out=share)
        dxs = [
            child.layer.backward(inner, share)
            for child, inner, share in zip(ctx.plan.children, ctx.children, shares, strict=True)
        ]
        if not ctx.needs_dx or dxs[0] is None or dxs[1] is None:
            return None
        dx: np.ndarray = np.add(dxs[0], dxs[1], out=ctx.empty("dx", dxs[0].shape))
        return dx

    def _turned(self, y: np.ndarray) -> np.ndarray:
        return y[:, ::-1] if self.layer.return_sequences else y
