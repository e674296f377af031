"""layer_normalization: brings each position of each sample to mean 0 and variance 1."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.layer import Plan
from dlcli.layers import _normalization as shared


@dataclass(frozen=True, kw_only=True)
class LayerNormalization(shared.Scaled):
    """y = gamma (x - mean(x)) / sqrt(variance(x) + epsilon) + beta, mean and variance along `axis`.

    x: (N, ..., C) -> y: (N, ..., C). `axis` is one axis or a list, axis 0 being that of the samples; by default the
    last. Parameters: `gamma` unless `scale: false` and `beta` unless `center: false`, of the extents of `axis`.
    Source: Ba et al., "Layer normalization", 2016.
    """

    examples: ClassVar = (
        Example({}, (4,)), Example({"axis": [1, 2], "epsilon": 1e-5}, (3, 4)),
        Example({"axis": 1, "center": False, "gamma_initializer": "he_normal"}, (3, 2)),
        Example({"scale": False, "beta_initializer": "ones", "beta_regularizer": {"l2": 0.01}}, (2, 3, 4)),
        Example({"gamma_regularizer": {"l1": 0.01}}, (2, 5)), Example({"scale": False, "center": False}, (5,)),
    )

    axis: shared.Axes = -1

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        axes = shared.sample_axes("layer_normalization", self.axis, in_shape)
        params = self.scale_and_shift(tuple(in_shape[a - 1] for a in axes))
        return Plan(out_shape=in_shape, params=params, flops=8 * prod(in_shape))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Rows standardized, then scaled and shifted."""
        axes = shared.sample_axes("layer_normalization", self.axis, x.shape[1:])
        last = shared.at_the_end(ctx, "x", x, axes)
        K = prod(x.shape[a] for a in axes)
        gamma, beta = (None if p is None else p.reshape(K) for p in map(ctx.params.get, ("gamma", "beta")))
        y = shared.normalized_rows(ctx, last.reshape(-1, K), gamma, beta, epsilon=self.epsilon)
        return shared.where_they_were(y.reshape(last.shape), axes)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dgamma = sum of dy times the standardized x, dbeta = sum of dy, and back through the standardization."""
        axes = shared.sample_axes("layer_normalization", self.axis, dy.shape[1:])
        last = shared.at_the_end(ctx, "dy", dy, axes)
        gamma, dgamma, dbeta = (
            None if p is None else p.reshape(-1)
            for p in (ctx.params.get("gamma"), ctx.grads.get("gamma"), ctx.grads.get("beta"))
        )
        dx = shared.normalized_rows_gradient(ctx, last.reshape(ctx.rows.shape), gamma, dgamma=dgamma, dbeta=dbeta)
        return None if dx is None else shared.where_they_were(dx.reshape(last.shape), axes)
