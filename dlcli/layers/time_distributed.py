"""time_distributed: a layer that works on every step by itself."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.layer import Layer, Plan
from dlcli.errors import ShapeError
from dlcli.layers._composite import planned


@dataclass(frozen=True, kw_only=True)
class TimeDistributed(Layer):
    """y_t = layer(x_t), with the same parameters at every step.

    x: (N, T, *in) -> y: (N, T, *out of the layer): the layer sees N T samples. Parameters: those of the layer, as
    `layer/dense/kernel` and so on. The layer sees no mask; the one that comes in goes on. Raises ShapeError where
    there is no time axis. `dense` does this by itself.
    """

    examples: ClassVar = (
        Example({"layer": {"type": "dense", "units": 3, "activation": "tanh"}}, (4, 2)),
        Example({"layer": {"type": "lstm", "units": 2}}, (2, 3, 2)),
        Example({"layer": "flatten"}, (2, 3, 2)),
    )

    layer: Layer

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The layer's shape at each of T steps."""
        if not in_shape:
            raise ShapeError(
                "time_distributed needs an axis of steps; got samples that are single numbers",
                hint=f"use {self.layer.type_name()} by itself",
            )
        try:
            child = planned("layer", (self.layer,), in_shape[1:], path=())
        except ShapeError as error:
            raise ShapeError(
                error.message, where=error.where, hint=error.hint, path=("layer", *error.path[1:]),
            ) from None
        T = in_shape[0]
        return Plan(out_shape=(T, *child.plan.out_shape), children=(child,), flops=T * child.plan.flops)

    def without_end(self, kind: str) -> tuple[tuple[Layer, ...], Layer] | None:
        """Without the end of its layer, where that sees no other steps and may as well come after all of them."""
        found = self.layer.without_end(kind)
        if found is None or len(found[0]) > 1:
            return None
        before, last = found
        return tuple(replace(self, layer=layer) for layer in before), last

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """All steps of all samples as one batch."""
        came_in, ctx.flow.mask = ctx.flow.mask, None
        y = ctx.plan.children[0].layer.forward(ctx.children[0], x.reshape(x.shape[0] * x.shape[1], *x.shape[2:]))
        ctx.flow.mask = came_in
        return y.reshape(*x.shape[:2], *y.shape[1:])

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """As forward."""
        dx = ctx.plan.children[0].layer.backward(ctx.children[0], dy.reshape(-1, *dy.shape[2:]))
        return None if dx is None else dx.reshape(*dy.shape[:2], *dx.shape[1:])
