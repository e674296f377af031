"""What all convolutions share: their keys, their parameters, and the way to the kernels."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.context import Context
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Layer
from dlcli.core.params import Param, Regularizer
from dlcli.errors import ShapeError
from dlcli.initializers.glorot_uniform import GlorotUniform
from dlcli.initializers.zeros import Zeros
from dlcli.kernels.convolution import (
    convolution,
    convolution_gradient,
    convolution_gradient_size,
    convolution_size,
)
from dlcli.kernels.im2col import Window


@dataclass(frozen=True, kw_only=True)
class Biased(Layer):
    """A layer with an activation and a bias at its end."""

    activation: Activation | None = None
    use_bias: bool = True
    bias_initializer: Initializer = Zeros()
    bias_regularizer: Regularizer | None = None

    def expand(self) -> tuple[Layer, ...]:
        """The linear part, then the activation as a layer of its own."""
        return (self,) if self.activation is None else (self._linear(), self.activation)

    def _linear(self) -> Self:
        return replace(self, activation=None)

    def bias(self, channels: int) -> dict[str, Param]:
        """The parameter `bias`, where there is one."""
        return {"bias": Param(
            shape=(channels,), initializer=self.bias_initializer, regularizer=self.bias_regularizer, decay=False,
        )} if self.use_bias else {}


@dataclass(frozen=True, kw_only=True)
class Convolution(Biased):
    """A convolution with one kernel."""

    contention: ClassVar[int] = 350_000_000
    """As in `Plan`."""

    kernel_initializer: Initializer = GlorotUniform()
    kernel_regularizer: Regularizer | None = None

    def parameters(self, kernel: tuple[int, ...], channels: int) -> dict[str, Param]:
        """`kernel` of that shape and `bias` of so many channels."""
        return {
            "kernel": Param(shape=kernel, initializer=self.kernel_initializer, regularizer=self.kernel_regularizer),
            **self.bias(channels),
        }


def need_groups(layer: str, groups: int, channels: int, filters: int) -> None:
    """Raises ShapeError unless `groups` divides what comes in and what goes out."""
    for what, number, key in (("filters", filters, "filters"), ("channels of its input", channels, "groups")):
        if number % groups:
            raise ShapeError(
                f"{layer} with groups: {groups} needs a multiple of {groups} {what}; got {number}",
                hint=f"choose groups that divide both {channels} channels and the filters", path=(key,),
            )


def convolve(ctx: Context, x: np.ndarray, W: np.ndarray, window: Window, *, groups: int = 1) -> np.ndarray:
    """y: (N, OH, OW, F) of x: (N, H, W, C) with W: (KH, KW, C / groups, F) and the bias, where there is one."""
    b = ctx.params.get("bias")
    ctx.whole_x = x = contiguous(ctx, "whole x", x)
    y = ctx.empty("y", (len(x), *window.positions(x.shape), W.shape[3]))
    for number, (i, o) in enumerate(_groups(W, groups)):
        inner, kernel, part = x, W, y
        if groups > 1:
            inner, kernel, part = (_taken(ctx, *a, number) for a in (("x", x, i), ("W", W, o), ("y", y, o)))
            np.copyto(inner, x[..., i])
            np.copyto(kernel, W[..., o])
        work = ctx.empty("work", (convolution_size(inner.shape, kernel, window),))
        convolution(inner, kernel, None if b is None else b[o], out=part, work=work, window=window)
        if groups > 1:
            np.copyto(y[..., o], part)
    return y


def convolve_backward(
    ctx: Context, dy: np.ndarray, W: np.ndarray, window: Window, *, groups: int = 1,
) -> np.ndarray | None:
    """Fills the gradients of kernel and bias; returns dx where it is needed."""
    x, dW, db = ctx.whole_x, ctx.grads["kernel"].reshape(W.shape), ctx.grads.get("bias")
    dy = contiguous(ctx, "whole dy", dy)
    dx = ctx.empty("dx", x.shape) if ctx.needs_dx else None
    for number, (i, o) in enumerate(_groups(W, groups)):
        inner, kernel, d, grad, dinner = x, W, dy, dW, dx
        if groups > 1:
            inner, kernel = _taken(ctx, "x", x, i, number), _taken(ctx, "W", W, o, number)  # as forward has left them
            d, grad = _taken(ctx, "dy", dy, o), _taken(ctx, "dW", dW, o)
            dinner = None if dx is None else _taken(ctx, "dx", dx, i)
            np.copyto(d, dy[..., o])
        work = ctx.empty("work", (convolution_gradient_size(inner.shape, kernel, window),))
        convolution_gradient(
            inner, kernel, d, dW=grad, db=None if db is None else db[o], dx=dinner, work=work, window=window,
        )
        if groups > 1:
            np.copyto(dW[..., o], grad)
            if dx is not None and dinner is not None:
                np.copyto(dx[..., i], dinner)
    return dx


def contiguous(ctx: Context, name: str, x: np.ndarray) -> np.ndarray:
    """x, or a copy of it where its numbers do not lie one after the other."""
    if x.flags.c_contiguous:
        return x
    copy = ctx.empty(name, x.shape)
    np.copyto(copy, x)
    return copy


def _groups(W: np.ndarray, groups: int) -> list[tuple[slice, slice]]:
    """Of each group: its channels of x, and its filters."""
    C, F = W.shape[2], W.shape[3] // groups
    return [(slice(g * C, (g + 1) * C), slice(g * F, (g + 1) * F)) for g in range(groups)]


def _taken(ctx: Context, name: str, array: np.ndarray, channels: slice, number: int = 0) -> np.ndarray:
    """Memory for these channels of an array."""
    return ctx.empty(f"{name} of group {number}", (*array.shape[:-1], channels.stop - channels.start))
