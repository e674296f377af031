"""batch_normalization: brings each channel to mean 0 and variance 1 over the batch."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import Rate
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Plan
from dlcli.core.params import Param
from dlcli.initializers.ones import Ones
from dlcli.initializers.zeros import Zeros
from dlcli.kernels import normalization
from dlcli.layers import _normalization as shared
from dlcli.layers._masks import padded_steps, silence, silenced


@dataclass(frozen=True, kw_only=True)
class BatchNormalization(shared.Scaled):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, for each channel on its own.

    x: (N, ..., C) -> y: (N, ..., C). In training mean and variance (the sum of squares over n, not n - 1) are those of
    the whole batch, however many lanes it is cut into, and the moving ones follow: moving = momentum moving +
    (1 - momentum) new. Otherwise, and where the layer, or one around it, is frozen, the moving ones take their place.
    Padded steps of sequences take no part in mean and variance. `axis` is that of the channels, axis 0 being that of
    the samples. Parameters: `gamma` (C,) unless `scale: false`, `beta` (C,) unless `center: false`; buffers:
    `moving_mean` (C,), `moving_variance` (C,).
    Source: Ioffe and Szegedy, "Batch normalization", 2015.
    """

    whole_batch: ClassVar = True
    reads_mask: ClassVar = True
    examples: ClassVar = (
        Example({}, (4,)), Example({"momentum": 0.9, "epsilon": 1e-5}, (3, 2, 2)),
        Example({"axis": 1, "center": False, "gamma_initializer": "he_normal"}, (3, 2)),
        Example({"scale": False, "beta_initializer": "ones", "beta_regularizer": {"l2": 0.01}}, (4, 3)),
        Example({
            "gamma_regularizer": {"l1": 0.01}, "moving_mean_initializer": "ones",
            "moving_variance_initializer": {"type": "constant", "value": 2.0},
        }, (3,)),
        Example({"trainable": False}, (2, 3)),
    )

    axis: int = -1
    momentum: Rate = 0.99
    moving_mean_initializer: Initializer = Zeros()
    moving_variance_initializer: Initializer = Ones()

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        axes = shared.sample_axes("batch_normalization", self.axis, in_shape)
        shape = (in_shape[axes[0] - 1],)
        buffers = {
            "moving_mean": Param(shape=shape, initializer=self.moving_mean_initializer),
            "moving_variance": Param(shape=shape, initializer=self.moving_variance_initializer),
        }
        return Plan(
            out_shape=in_shape, params=self.scale_and_shift(shape), buffers=buffers, flops=8 * prod(in_shape),
        )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """One multiplication and one addition a number, once mean and variance are known."""
        axes = shared.sample_axes("batch_normalization", self.axis, x.shape[1:])
        last = shared.at_the_end(ctx, "x", x, axes)
        rows = ctx.x = last.reshape(_rows(last.shape))
        mean, inverse = (ctx.empty(name, rows.shape[2:], np.float64) for name in ("mean", "inverse"))
        ctx.padded = None
        if ctx.training and ctx.trainable:
            ctx.padded = padded_steps(ctx, x) if axes[0] > 1 else None
            live = silenced(ctx, "live", last, ctx.padded)
            self._statistics(ctx, live, mean, inverse)
        else:
            np.copyto(mean, ctx.buffers["moving_mean"])
            np.copyto(inverse, ctx.buffers["moving_variance"])
        inverse += self.epsilon
        np.sqrt(inverse, out=inverse)
        np.reciprocal(inverse, out=inverse)
        scale, shift = _row(ctx, "scale", rows), _row(ctx, "shift", rows)
        scale[...] = inverse
        if self.scale:
            scale *= ctx.params["gamma"]
        np.multiply(mean, scale[0], out=(offset := ctx.empty("offset", mean.shape, np.float64)))
        np.negative(offset, out=offset)
        if self.center:
            offset += ctx.params["beta"]
        shift[...] = offset
        y = normalization.scale_rows(rows, scale, shift, out=ctx.empty("y", rows.shape))
        return shared.where_they_were(y.reshape(last.shape), axes)

    def _statistics(self, ctx: Context, live: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> None:
        """Mean and variance over all lanes of what is no padding, which comes as 0; the moving ones follow."""
        rows = live.reshape(_rows(live.shape))
        A, B, C = rows.shape
        sums, row = ctx.empty("sums", (C + 1,), np.float64), _row(ctx, "row", rows)
        normalization.channel_sums(rows, out=sums[:C], row=row)
        sums[C] = A * B
        if ctx.padded is not None:
            sums[C] -= np.count_nonzero(ctx.padded) * (A * B // ctx.padded.size)
        ctx.flow.all_reduce(sums)
        ctx.count = max(float(sums[C]), 1.0)
        np.divide(sums[:C], ctx.count, out=mean)
        repeated = _row(ctx, "repeated", rows)
        repeated[...] = mean
        silence(live, ctx.padded, repeated[0])  # nothing away from the mean
        normalization.channel_products(rows, repeated, None, out=variance, row=row, work=_block(ctx, rows))
        ctx.flow.all_reduce(variance)
        variance /= ctx.count
        if ctx.flow.lane == 0:
            for name, new in (("moving_mean", mean), ("moving_variance", variance)):
                step = np.multiply(new, 1 - self.momentum, out=sums[:C])
                ctx.buffers[name][...] *= self.momentum
                ctx.buffers[name][...] += step

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dx = scale (dy - mean(dy) - z mean(dy z)), z being x at mean 0 and variance 1; scale dy for moving ones."""
        axes = shared.sample_axes("batch_normalization", self.axis, dy.shape[1:])
        last = shared.at_the_end(ctx, "dy", dy, axes)
        rows = ctx.x
        d, row, C = last.reshape(rows.shape), _row(ctx, "row", rows), rows.shape[2]
        mean, inverse = (ctx.empty(name, (C,), np.float64) for name in ("mean", "inverse"))
        sums, repeated = ctx.empty("gradients", (2, C), np.float64), _row(ctx, "repeated", rows)
        repeated[...] = mean
        normalization.channel_sums(d, out=sums[0], row=row)
        normalization.channel_products(rows, repeated, d, out=sums[1], row=row, work=_block(ctx, rows))
        sums[1] *= inverse
        for name, total in zip(("beta", "gamma"), sums, strict=True):
            if name in ctx.grads:
                ctx.grads[name][...] = total
        if not ctx.needs_dx:
            return None
        dx, scale = ctx.empty("dx", rows.shape), _row(ctx, "scale", rows)
        if ctx.training and ctx.trainable:
            self._through_statistics(ctx, d, mean, inverse, sums, dx)
        else:
            normalization.scale_rows(d, scale, None, out=dx)
        return shared.where_they_were(dx.reshape(last.shape), axes)

    def _through_statistics(
        self, ctx: Context, d: np.ndarray, mean: np.ndarray, inverse: np.ndarray, sums: np.ndarray, dx: np.ndarray,
    ) -> None:
        """dx = a d + b x + c with b = -scale inverse sums[1] / n, c = -scale sums[0] / n - b mean."""
        C = d.shape[2]
        ctx.flow.all_reduce(sums)
        scale, b, c = _row(ctx, "scale", d), _row(ctx, "repeated", d), _row(ctx, "shift", d)
        sums *= -1 / ctx.count
        sums *= scale[0]
        sums[1] *= inverse
        b[...] = sums[1]
        sums[1] *= mean
        sums[0] -= sums[1]
        c[...] = sums[0]
        normalization.combine_rows(d, scale, ctx.x, b, c, out=dx, work=_block(ctx, d))
        if ctx.padded is not None:  # mean and variance do not depend on it
            shape = (*ctx.padded.shape, -1, C)
            alone = normalization.scale_rows(d, scale, None, out=ctx.empty("alone", d.shape))
            np.copyto(dx.reshape(shape), alone.reshape(shape), where=ctx.padded[..., None, None])


def _rows(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """(A, B, C): channels, the axis before them, and all before that, so that loops run over B C numbers."""
    return prod(shape[:-2]) if len(shape) > 2 else shape[0], shape[-2] if len(shape) > 2 else 1, shape[-1]


def _row(ctx: Context, name: str, rows: np.ndarray) -> np.ndarray:
    return ctx.empty(name, rows.shape[1:])


def _block(ctx: Context, rows: np.ndarray) -> np.ndarray:
    return ctx.empty("block", (normalization.block_of(rows.shape), *rows.shape[1:]))
