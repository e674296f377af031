"""What normalisations share: the keys of scale and shift, and how any axes become rows."""

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

import numpy as np

from dlcli.core.context import Context
from dlcli.core.fields import AsTuple, PositiveFloat
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Layer
from dlcli.core.params import Param, Regularizer
from dlcli.errors import ShapeError
from dlcli.initializers.ones import Ones
from dlcli.initializers.zeros import Zeros
from dlcli.kernels import layer_normalization, normalization

Axes = int | Annotated[tuple[int, ...], AsTuple]
"""One axis or a list of them, counted as Keras does: axis 0 is that of the samples, -1 the last one."""


@dataclass(frozen=True, kw_only=True)
class Scaled(Layer):
    """A normalisation with a scale `gamma` and a shift `beta` after it."""

    epsilon: PositiveFloat = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = Zeros()
    gamma_initializer: Initializer = Ones()
    beta_regularizer: Regularizer | None = None
    gamma_regularizer: Regularizer | None = None

    def scale_and_shift(self, shape: tuple[int, ...]) -> dict[str, Param]:
        """The parameters `gamma` and `beta`, as far as there are any."""
        wanted: tuple[tuple[str, bool, Any, Any], ...] = (
            ("gamma", self.scale, self.gamma_initializer, self.gamma_regularizer),
            ("beta", self.center, self.beta_initializer, self.beta_regularizer),
        )
        return {
            name: Param(shape=shape, initializer=initializer, regularizer=regularizer, decay=False)
            for name, there, initializer, regularizer in wanted if there
        }


@cache  # asked for at every step
def sample_axes(layer: str, axis: Axes, in_shape: tuple[int, ...]) -> tuple[int, ...]:
    """The axes, each from 1 to the number of a sample's axes. Raises ShapeError where there is no such axis."""
    given = (axis,) if isinstance(axis, int) else axis
    count = len(in_shape) + 1
    axes = tuple(a + count if a < 0 else a for a in given)
    if not axes or not all(0 < a < count for a in axes) or len(set(axes)) < len(axes):
        raise ShapeError(
            f"{layer} along {axis} needs that axis in its samples; got samples of shape {in_shape}",
            hint=f"choose from 1 to {count - 1}, or -1 for the last one; 0 is the axis of the samples"
            if in_shape else "put {type: reshape, shape: [1]} before it",
            path=("axis",),
        )
    return axes


def at_the_end(ctx: Context, name: str, x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """x with these axes moved to its end and contiguous; a copy only where it must be."""
    last = tuple(range(x.ndim - len(axes), x.ndim))
    if axes == last and x.flags.c_contiguous:
        return x
    moved = np.moveaxis(x, axes, last)
    copy = ctx.empty(name, moved.shape)
    np.copyto(copy, moved)
    return copy


def where_they_were(y: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """y with its last axes moved back; the same memory."""
    last = tuple(range(y.ndim - len(axes), y.ndim))
    return y if axes == last else np.moveaxis(y, last, axes)


def normalized_rows(
    ctx: Context, x: np.ndarray, gamma: np.ndarray | None, beta: np.ndarray | None, *, epsilon: float,
    center: bool = True,
) -> np.ndarray:
    """The rows of x: (R, K), standardized, times gamma plus beta: (K,), as far as there are any."""
    R, K = x.shape
    ctx.rows = ctx.empty("rows", x.shape)
    return layer_normalization.normalize_rows(
        x, gamma, beta, out=ctx.rows if gamma is None and beta is None else ctx.empty("y", x.shape), rows=ctx.rows,
        inverse=ctx.empty("inverse", (R, 1)), work=ctx.empty("work", layer_normalization.work_shape(R, K)),
        epsilon=epsilon, center=center,
    )


def normalized_rows_gradient(
    ctx: Context, dy: np.ndarray, gamma: np.ndarray | None, *, dgamma: np.ndarray | None, dbeta: np.ndarray | None,
    center: bool = True,
) -> np.ndarray | None:
    """dx of dy: (R, K) where anybody reads it; fills dgamma and dbeta, as far as there are any."""
    R, K = dy.shape
    dx = ctx.empty("dx", dy.shape) if ctx.needs_dx else None
    layer_normalization.normalize_rows_gradient(
        dy, ctx.rows, ctx.empty("inverse", (R, 1)), gamma, out=dx, dgamma=dgamma, dbeta=dbeta,
        work=ctx.empty("work", layer_normalization.work_shape(R, K)), means=ctx.empty("means", (2, R, 1)),
        center=center,
    )
    return dx


def standard_rows(ctx: Context, x: np.ndarray, *, epsilon: float) -> np.ndarray:
    """The rows of x: (R, K), standardized; kept for `standard_rows_gradient`."""
    ctx.rows = normalization.standardize(
        x, out=ctx.empty("rows", x.shape), inverse=ctx.empty("inverse", (len(x), 1)), epsilon=epsilon,
    )
    return ctx.rows


def standard_rows_gradient(ctx: Context, dy: np.ndarray, *, out: np.ndarray) -> np.ndarray:
    """dx of dy: (R, K)."""
    R, K = dy.shape
    return normalization.standardize_gradient(
        dy, ctx.rows, ctx.empty("inverse", (R, 1)), out=out, means=ctx.empty("means", (2, R, 1)),
        work=ctx.empty("block", (normalization.block_of((R, K)), K)),
    )


def scale_and_shift(ctx: Context, x: np.ndarray, gamma: np.ndarray | None, beta: np.ndarray | None) -> np.ndarray:
    """x: (R, K) times gamma plus beta: (K,), as far as there are any."""
    if gamma is not None:
        return normalization.scale_rows(x, gamma, beta, out=ctx.empty("y", x.shape))
    if beta is not None:
        return np.add(x, beta, out=ctx.empty("y", x.shape))
    return x


def scale_and_shift_gradient(
    ctx: Context, dy: np.ndarray, x: np.ndarray, dgamma: np.ndarray | None, dbeta: np.ndarray | None,
) -> None:
    """Fills dgamma = sum of dy x and dbeta = sum of dy for dy and x: (R, K)."""
    dscale, dshift = (None if total is None else total.reshape(-1) for total in (dgamma, dbeta))
    normalization.scale_rows_gradient(dy, x, dscale=dscale, dshift=dshift, work=ctx.empty("products", dy.shape))
