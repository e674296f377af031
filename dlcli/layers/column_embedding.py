"""column_embedding: a learned vector for every category of the columns of a table."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import AsTuple, PositiveInt
from dlcli.core.flow_plan import FlowPlan
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Layer, Plan
from dlcli.core.params import Param, Regularizer
from dlcli.errors import ShapeError
from dlcli.initializers.random_uniform import RandomUniform
from dlcli.kernels.embedding import add_rows
from dlcli.layers._ids import integers

Sizes = Annotated[tuple[PositiveInt, ...], AsTuple, Field(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class ColumnEmbedding(Layer):
    """y = [x_0 ... x_n, E_0[i_0], E_1[i_1], ...]: numbers stay, and each id i_k becomes a vector of its own table.

    x: (N, I) -> y: (N, I - K + K output_dim). The last K numbers of a sample are ids, whole numbers from 0; so are the
    categories of a table with `encoding: {city: embedding}`. Parameters: `embeddings_0`, ... E_k (sizes[k],
    output_dim). `sizes` says how many ids each column has, and is known from such a table: id 0 is a category that
    training never saw, whose vector stays as it was drawn. dx is 0 for ids. Raises ShapeError where x has no ids,
    DataError where an id is none of those.

    Source: C. Guo and F. Berkhahn, "Entity embeddings of categorical variables", 2016.
    """

    ids: ClassVar[bool] = True
    examples: ClassVar = (
        Example({"sizes": [3, 4], "output_dim": 2}, (5,), integers=3),
        Example({"sizes": [4], "output_dim": 3, "embeddings_regularizer": {"l2": 0.01}}, (1,), integers=4),
    )

    output_dim: PositiveInt = 8
    sizes: Sizes | None = None
    embeddings_initializer: Initializer = RandomUniform()
    embeddings_regularizer: Regularizer | None = None

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """As `sizes` says."""
        if self.sizes is None:
            raise ShapeError(
                "the samples have no ids of categories, so that there is nothing to embed",
                hint="set dataset.encoding, such as {city: embedding}, for a csv or parquet; or take the layer out",
            )
        return self._plan(in_shape, self.sizes)

    def plan_beside(self, in_shape: tuple[int, ...], flow: FlowPlan) -> Plan:
        """As the data says, where it does."""
        known = flow.id_columns
        if not known:
            return super().plan_beside(in_shape, flow)
        if self.sizes is not None and (len(self.sizes) != len(known) or any(map(int.__lt__, self.sizes, known))):
            raise ShapeError(
                f"the data has columns of {', '.join(map(str, known))} ids; there are tables for "
                f"{', '.join(map(str, self.sizes))}", hint="leave out sizes: the data tells them", path=("sizes",),
            )
        return self.with_mask(self._plan(in_shape, self.sizes or known), flow)

    def _plan(self, in_shape: tuple[int, ...], sizes: tuple[int, ...]) -> Plan:
        if len(in_shape) != 1 or in_shape[0] < len(sizes):
            raise ShapeError(
                f"{len(sizes)} id(s) at the end of a row of numbers are expected; got samples of shape {in_shape}",
                hint="make it the first layer, for the rows of a table",
            )
        tables = {
            f"embeddings_{k}": Param(
                shape=(size, self.output_dim), initializer=self.embeddings_initializer,
                regularizer=self.embeddings_regularizer,
            )
            for k, size in enumerate(sizes)
        }
        width = in_shape[0] + len(sizes) * (self.output_dim - 1)
        return Plan(out_shape=(width,), params=tables, flops=width, ids=min(sizes))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Numbers are copied, ids looked up."""
        tables = ctx.params.values()
        N, kept = len(x), x.shape[1] - len(tables)
        y = ctx.empty("y", (N, *ctx.plan.out_shape))
        y[:, :kept] = x[:, :kept]
        looked_up = ctx.empty("looked up", (N, self.output_dim))
        ctx.ids = []
        for k, table in enumerate(tables):
            ids = integers(ctx, f"ids {k}", x[:, kept + k], len(table), layer="column_embedding")
            table.take(ids, axis=0, out=looked_up, mode="clip")  # in range; clip writes straight to it
            start = kept + k * self.output_dim
            y[:, start:start + self.output_dim] = looked_up
            ctx.ids.append(ids)
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dE_k[id] = the sum of dy wherever the id stood."""
        N, D = len(dy), self.output_dim
        kept = dy.shape[1] - len(ctx.ids) * D
        rows = ctx.empty("rows", (N, D))
        for k, (ids, grad) in enumerate(zip(ctx.ids, ctx.grads.values(), strict=True)):
            rows[...] = dy[:, kept + k * D:kept + (k + 1) * D]
            add_rows(
                ids, rows, out=grad, work=ctx.empty("work", (2, N, D)),
                counting=ctx.multiples(N), integers=ctx.empty("integers", (3, N), np.intp),
            )
        if not ctx.needs_dx:
            return None
        dx = ctx.empty("dx", (N, kept + len(ctx.ids)))
        dx[:, :kept] = dy[:, :kept]
        dx[:, kept:] = 0
        return dx
