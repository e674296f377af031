"""group_normalization: brings groups of channels of each sample to mean 0 and variance 1."""

from dataclasses import dataclass
from math import prod
from typing import Annotated, ClassVar

import numpy as np
from pydantic import AfterValidator, Field

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.layer import Plan
from dlcli.errors import ShapeError
from dlcli.layers import _normalization as shared


def _not_zero(groups: int) -> int:
    if groups == 0:
        raise ValueError("expected at least 1, or -1 for a group a channel; found 0")
    return groups


@dataclass(frozen=True, kw_only=True)
class GroupNormalization(shared.Scaled):
    """y = gamma (x - mean(x)) / sqrt(variance(x) + epsilon) + beta, mean and variance over a group of channels.

    x: (N, ..., C) -> y: (N, ..., C). The channels are cut into `groups` of equal size, and a group's mean is taken over
    all places of the sample; -1 means a group a channel, which is instance normalisation. Does not depend on the batch.
    Parameters: `gamma` (C,) unless `scale: false`, `beta` (C,) unless `center: false`.
    Source: Wu and He, "Group normalization", 2018.
    """

    examples: ClassVar = (
        Example({"groups": 2}, (3, 2, 4)), Example({"groups": 1, "epsilon": 1e-5, "center": False}, (3, 4)),
        Example({"groups": -1, "scale": False, "beta_initializer": "ones"}, (4, 3)),
        Example({"groups": 3, "gamma_regularizer": {"l1": 0.01}, "beta_regularizer": {"l2": 0.01}}, (6,)),
        Example({"groups": 2, "gamma_initializer": "he_normal"}, (2, 2, 2)),
    )

    groups: Annotated[int, Field(ge=-1), AfterValidator(_not_zero)] = 32

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        shared.sample_axes("group_normalization", -1, in_shape)
        channels = in_shape[-1]
        if self.groups > 0 and channels % self.groups:
            raise ShapeError(
                f"group_normalization with groups: {self.groups} needs a multiple of {self.groups} channels; got "
                f"{channels}",
                hint=f"choose groups that divide {channels}, or -1 for a group a channel", path=("groups",),
            )
        return Plan(out_shape=in_shape, params=self.scale_and_shift((channels,)), flops=8 * prod(in_shape))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Groups as rows, standardized; then channels scaled and shifted."""
        N, P, G, S = self._cut(x.shape)
        rows = ctx.empty("x", (N, G, P, S))
        np.copyto(rows, x.reshape(N, P, G, S).transpose(0, 2, 1, 3))
        rows = shared.standard_rows(ctx, rows.reshape(N * G, P * S), epsilon=self.epsilon)
        ctx.standard = ctx.empty("standard", (N * P, G * S))
        np.copyto(ctx.standard.reshape(N, P, G, S), rows.reshape(N, G, P, S).transpose(0, 2, 1, 3))
        return shared.scale_and_shift(
            ctx, ctx.standard, ctx.params.get("gamma"), ctx.params.get("beta"),
        ).reshape(x.shape)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dgamma = sum of dy times the standardized x, dbeta = sum of dy, and back through the standardization."""
        N, P, G, S = self._cut(dy.shape)
        d = dy.reshape(N * P, G * S)
        shared.scale_and_shift_gradient(ctx, d, ctx.standard, ctx.grads.get("gamma"), ctx.grads.get("beta"))
        if not ctx.needs_dx:
            return None
        dx = ctx.empty("dx", d.shape)
        if self.scale:
            d = np.multiply(d, ctx.params["gamma"], out=dx)
        rows = ctx.empty("x", (N, G, P, S))
        np.copyto(rows, d.reshape(N, P, G, S).transpose(0, 2, 1, 3))
        rows2 = rows.reshape(N * G, P * S)
        shared.standard_rows_gradient(ctx, rows2, out=rows2)
        np.copyto(dx.reshape(N, P, G, S), rows.transpose(0, 2, 1, 3))
        return dx.reshape(dy.shape)

    def _cut(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        groups = shape[-1] if self.groups == -1 else self.groups
        return shape[0], prod(shape[1:-1]), groups, shape[-1] // groups
