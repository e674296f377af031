"""What lstm, gru and simple_rnn share: their keys, one product for the inputs of all steps, one for the gradients."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.context import Context
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Plan, Planned
from dlcli.core.params import Param, Regularizer
from dlcli.core.recurrent import Recurrent
from dlcli.errors import ShapeError
from dlcli.initializers.glorot_uniform import GlorotUniform
from dlcli.initializers.orthogonal import Orthogonal
from dlcli.initializers.zeros import Zeros
from dlcli.layers.tanh import Tanh


@dataclass(frozen=True, kw_only=True)
class Cell(Recurrent):
    """A recurrent layer whose state goes through a matrix. Works time-major: (T, N, ...), in the order of the walk."""

    gates: ClassVar[int]
    order: ClassVar[tuple[int, ...]] = ()
    """Which gate each block of columns of `walk_back` belongs to, where they do not lie as in the kernel."""

    activation: Activation = Tanh()
    use_bias: bool = True
    kernel_initializer: Initializer = GlorotUniform()
    recurrent_initializer: Initializer = Orthogonal()
    bias_initializer: Initializer = Zeros()
    kernel_regularizer: Regularizer | None = None
    recurrent_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None

    @abstractmethod
    def walk(self, ctx: Context, a: np.ndarray, h: np.ndarray, dead: np.ndarray | None) -> None:
        """Fills the states h: (T + 1, N, H) from h[0] on, given a = x W + b: (T, N, gates H), which it may overwrite.

        `dead`: (T, N, 1) is True where a step is padding and the state is carried over; None where no step is.
        """

    @abstractmethod
    def walk_back(self, ctx: Context, dy: np.ndarray, h: np.ndarray, dead: np.ndarray | None) -> np.ndarray:
        """da: (T, N, gates H), given dy: (S, N, H) of the last S states; writes the gradients of what `walk` reads."""

    @abstractmethod
    def bends(self) -> tuple[tuple[str, Activation], ...]:
        """Its activations by key; nothing where they are the usual ones, for which the kernel has a fast way."""

    def scale(self, ctx: Context) -> np.ndarray | None:
        """Factors (gates H,) that `walk` wants on the columns of a."""
        return None

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """(T, I) becomes (units,) or (T, units)."""
        name = self.type_name()
        if len(in_shape) != 2:
            raise ShapeError(
                f"{name} needs samples of shape (T, I), I numbers at each of T steps; got {in_shape}",
                hint=f"put {{type: reshape, shape: [{in_shape[0]}, 1]}} before it" if len(in_shape) == 1 else
                     f"put {{type: reshape, shape: [{in_shape[0]}, -1]}} before it" if in_shape else
                     "give it sequences, or use dense",
            )
        for key, activation in self.bends():
            if not activation.elementwise:
                raise ShapeError(
                    f"{name} needs an activation that works number by number; {activation.type_name()} does not",
                    hint="use tanh or sigmoid", path=(key,),
                )
        (T, features), H, width = in_shape, self.units, self.gates * self.units
        params = {
            "kernel": Param(
                shape=(features, width), initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
            ),
            "recurrent_kernel": Param(
                shape=(H, width), initializer=self.recurrent_initializer, regularizer=self.recurrent_regularizer,
            ),
        }
        if self.use_bias:
            params["bias"] = self.bias_param()
        return Plan(
            out_shape=(T, H) if self.return_sequences else (H,), params=params,
            children=tuple(Planned(key, a, (width,), a.plan((width,))) for key, a in self.bends()),
            flops=T * width * (2 * (features + H) + 10), steps="kept" if self.return_sequences else "gone",
        )

    def bias_param(self) -> Param:
        """One bias for each gate."""
        return Param(
            shape=(self.gates * self.units,), initializer=self.bias_initializer, regularizer=self.bias_regularizer,
            decay=False,
        )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """x W + b for all steps at once, then the walk."""
        N, T, features = x.shape
        W, rows = ctx.params["kernel"], features + self.use_bias
        xs = ctx.empty("xs", (T, N, rows))
        xs[..., :features] = x.transpose(1, 0, 2)[::-1 if self.go_backwards else 1]
        Wb = ctx.empty("Wb", (rows, W.shape[1]))
        Wb[:features] = W
        if self.use_bias:  # a column of ones: the bias costs no pass of its own, and neither does its gradient
            xs[..., features] = 1
            Wb[features] = self.bias(ctx)
        scale = self.scale(ctx)
        if scale is not None:
            Wb *= scale
        a = ctx.empty("a", (T, N, W.shape[1]))
        np.matmul(xs.reshape(T * N, rows), Wb, out=a.reshape(T * N, -1))
        h = ctx.empty("h", (T + 1, N, self.units))
        h[0] = 0
        ctx.xs, ctx.h, ctx.dead = xs, h, self._dead(ctx, T, N)
        self.walk(ctx, a, h, ctx.dead)
        if not self.return_sequences:
            return h[T]
        y = ctx.empty("y", (N, T, self.units))
        y[...] = h[1:].transpose(1, 0, 2)
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """The walk back, then one product for the gradients of W and b over all steps, and one for dx."""
        W, xs = ctx.params["kernel"], ctx.xs
        (features, width), (T, N, rows) = W.shape, xs.shape
        if self.return_sequences:
            dys = ctx.empty("dys", (T, N, self.units))
            dys[...] = dy.transpose(1, 0, 2)
        else:
            dys = dy[None]
        da = self.walk_back(ctx, dys, ctx.h, ctx.dead).reshape(T * N, width)
        dWb = np.matmul(xs.reshape(T * N, rows).T, da, out=ctx.empty("dWb", (rows, width)))
        if self.order:
            back = sorted(range(len(self.order)), key=self.order.__getitem__)
            dWb = _arranged(dWb, back, out=ctx.empty("arranged", dWb.shape))
        ctx.grads["kernel"][...] = dWb[:features]
        if self.use_bias:
            self.take_bias(ctx, dWb[features])
        if not ctx.needs_dx:
            return None
        if self.order:
            W = _arranged(W, self.order, out=ctx.empty("Wb", W.shape))
        dxs = np.matmul(da, W.T, out=ctx.empty("dxs", (T * N, features))).reshape(T, N, features)
        dx = ctx.empty("dx", (N, T, features))
        dx[...] = dxs[::-1 if self.go_backwards else 1].transpose(1, 0, 2)
        return dx

    def bias(self, ctx: Context) -> np.ndarray:
        """What is added to x W."""
        return ctx.params["bias"]

    def take_bias(self, ctx: Context, db: np.ndarray) -> None:
        """Writes the gradient of what `bias` gave."""
        ctx.grads["bias"][...] = db

    def _dead(self, ctx: Context, T: int, N: int) -> np.ndarray | None:
        """Where the mask says padding, (T, N, 1) in the order of the walk. That order is also the order of y."""
        mask = ctx.flow.mask
        if mask is None or mask.all():
            return None
        if mask.shape != (N, T):
            raise ShapeError(
                f"{self.type_name()} got a mask for {mask.shape[1]} steps, and sequences of {T}",
                hint="keep the number of steps between the layer that makes the mask and this one",
            )
        dead = ctx.empty("dead", (T, N, 1), bool)
        np.logical_not(mask.T[::-1 if self.go_backwards else 1, :, None], out=dead)
        if self.go_backwards and self.return_sequences:
            turned = ctx.flow.mask = ctx.empty("mask", (N, T), bool)
            turned[...] = mask[:, ::-1]
        return dead


def _arranged(W: np.ndarray, order: Sequence[int], *, out: np.ndarray) -> np.ndarray:
    """The gates' blocks of columns in another order."""
    before, after = (z.reshape(len(W), len(order), -1) for z in (W, out))
    for k, gate in enumerate(order):
        after[:, k] = before[:, gate]
    return out


def bend(ctx: Context, activation: Activation, a: np.ndarray, slope: np.ndarray) -> None:
    """Puts a through an activation in place, and its derivative at a into `slope`. Where no fast way exists."""
    ones = ctx.empty("ones", a.shape)
    ones.fill(1)
    y = activation.forward(ctx, a)
    slope[...] = activation.backward(ctx, ones)
    a[...] = y
