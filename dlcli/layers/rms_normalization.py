"""rms_normalization: brings each position of each sample to a mean square of 1."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import PositiveFloat
from dlcli.core.layer import Layer, Plan
from dlcli.core.params import Param
from dlcli.initializers.ones import Ones
from dlcli.layers import _normalization as shared


@dataclass(frozen=True, kw_only=True)
class RmsNormalization(Layer):
    """y = scale x / sqrt(mean(x^2) + epsilon), the mean along `axis`.

    x: (N, ..., C) -> y: (N, ..., C). `axis` is one axis or a list, axis 0 being that of the samples; by default the
    last. Parameter: `scale`, of the extents of `axis`, at first 1.
    Source: Zhang and Sennrich, "Root mean square layer normalization", 2019.
    """

    examples: ClassVar = (
        Example({}, (4,)), Example({"axis": [1, 2]}, (3, 4)), Example({"axis": 1, "epsilon": 0.001}, (3, 2)),
    )

    axis: shared.Axes = -1
    epsilon: PositiveFloat = 1e-6

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        axes = shared.sample_axes("rms_normalization", self.axis, in_shape)
        scale = Param(shape=tuple(in_shape[a - 1] for a in axes), initializer=Ones(), decay=False)
        return Plan(out_shape=in_shape, params={"scale": scale}, flops=4 * prod(in_shape))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Rows brought to size, then scaled."""
        axes = shared.sample_axes("rms_normalization", self.axis, x.shape[1:])
        last = shared.at_the_end(ctx, "x", x, axes)
        scale = ctx.params["scale"].reshape(-1)
        y = shared.normalized_rows(ctx, last.reshape(-1, scale.size), scale, None, epsilon=self.epsilon, center=False)
        return shared.where_they_were(y.reshape(last.shape), axes)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dscale = sum of dy times x brought to size, and back through the division."""
        axes = shared.sample_axes("rms_normalization", self.axis, dy.shape[1:])
        last = shared.at_the_end(ctx, "dy", dy, axes)
        scale, dscale = ctx.params["scale"].reshape(-1), ctx.grads["scale"].reshape(-1)
        dx = shared.normalized_rows_gradient(
            ctx, last.reshape(ctx.rows.shape), scale, dgamma=dscale, dbeta=None, center=False,
        )
        return None if dx is None else shared.where_they_were(dx.reshape(last.shape), axes)
