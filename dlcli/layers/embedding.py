"""embedding: a learned vector for every word, character or category."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import PositiveInt
from dlcli.core.flow_plan import FlowPlan
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Layer, Plan
from dlcli.core.params import Param, Regularizer
from dlcli.errors import ShapeError
from dlcli.initializers.random_uniform import RandomUniform
from dlcli.kernels.embedding import add_rows
from dlcli.layers._ids import integers


@dataclass(frozen=True, kw_only=True)
class Embedding(Layer):
    """y = E[x]: the row of E that belongs to each id.

    x: (N, ...) ids, whole numbers from 0 to input_dim - 1 (held as floating point, as batches are), usually (N, T)
    -> y: (N, ..., output_dim). Parameters: `embeddings` E (input_dim, output_dim). With `mask_zero: true` the
    id 0 is padding, which layers after it that understand a mask pass over, and ids of words start at 1. The gradient
    ends here: dx is 0. Raises ShapeError where the data is known to have more ids, DataError where an id is none of
    those.
    """

    ids: ClassVar[bool] = True
    examples: ClassVar = (
        Example({"input_dim": 7, "output_dim": 3}, (4,), integers=7),
        Example({"input_dim": 5, "output_dim": 2, "mask_zero": True}, (6,), integers=5),
        Example({"input_dim": 4, "output_dim": 3, "embeddings_regularizer": {"l2": 0.01}}, (2, 3), integers=4),
        Example({"input_dim": 3, "output_dim": 2, "embeddings_initializer": "glorot_uniform"}, (), integers=3),
    )

    input_dim: PositiveInt
    output_dim: PositiveInt
    embeddings_initializer: Initializer = RandomUniform()
    embeddings_regularizer: Regularizer | None = None
    mask_zero: bool = False

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """One axis more, of `output_dim`."""
        table = Param(
            shape=(self.input_dim, self.output_dim), initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
        )
        out_shape = (*in_shape, self.output_dim)
        return Plan(
            out_shape=out_shape, params={"embeddings": table}, flops=prod(out_shape),
            makes_mask=self.mask_zero and bool(in_shape), ids=self.input_dim,
        )

    def plan_beside(self, in_shape: tuple[int, ...], flow: FlowPlan) -> Plan:
        """As `plan`; there must be a row for every id."""
        if flow.ids is not None and flow.ids > self.input_dim:
            raise ShapeError(
                f"embedding has a row for each of the ids 0 to {self.input_dim - 1}; the data may have ids up to "
                f"{flow.ids - 1}", hint=f"set input_dim: {flow.ids}", path=("input_dim",),
            )
        return super().plan_beside(in_shape, flow)

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = E[x]."""
        ids = ctx.ids = integers(ctx, "ids", x, self.input_dim, layer="embedding")
        if self.mask_zero and x.ndim > 1:
            counts = np.not_equal(ids, 0, out=ctx.empty("counts", x.shape, bool))
            mask = ctx.empty("mask", x.shape[:2], bool)
            ctx.flow.mask = np.logical_or.reduce(counts, axis=tuple(range(2, x.ndim)), out=mask)
        y = ctx.empty("y", (*x.shape, self.output_dim))
        ctx.params["embeddings"].take(ids, axis=0, out=y, mode="clip")  # in range; clip writes straight to y
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dE[id] = the sum of dy wherever the id stood."""
        M, width = ctx.ids.size, self.output_dim
        add_rows(
            ctx.ids.reshape(M), dy.reshape(M, width), out=ctx.grads["embeddings"],
            work=ctx.empty("work", (2, M, width)), counting=ctx.multiples(M),
            integers=ctx.empty("integers", (3, M), np.intp),
        )
        if not ctx.needs_dx:
            return None
        dx = ctx.empty("dx", ctx.ids.shape)
        dx.fill(0)
        return dx
