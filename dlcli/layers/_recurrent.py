"""What lstm, gru and simple_rnn share: their keys, and what is around their walks."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

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
from dlcli.kernels.recurrent import Bend, kept_size, work_size
from dlcli.layers.tanh import Tanh


@dataclass(frozen=True, kw_only=True)
class Cell(Recurrent):
    """A recurrent layer whose state goes through a matrix."""

    gates: ClassVar[int]
    contention: ClassVar[int] = 14_000_000
    """As in `Plan`, for each step."""

    activation: Activation = Tanh()
    use_bias: bool = True
    kernel_initializer: Initializer = GlorotUniform()
    recurrent_initializer: Initializer = Orthogonal()
    bias_initializer: Initializer = Zeros()
    kernel_regularizer: Regularizer | None = None
    recurrent_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None

    @abstractmethod
    def walk(self, ctx: Context, x: np.ndarray, b: np.ndarray, y: np.ndarray, **options: Any) -> None:
        """Writes the last S states to y: (N, S, H). `b`: that of the parameters, or zeros; `options`: of the kernel."""

    @abstractmethod
    def walk_back(self, ctx: Context, dy: np.ndarray, db: np.ndarray | None, **options: Any) -> None:
        """Writes all gradients, given dy: (N, S, H)."""

    @abstractmethod
    def bends(self) -> tuple[tuple[str, Activation], ...]:
        """Its activations by key; nothing where they are the usual ones, for which the kernel has a fast way."""

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
            flops=T * width * (2 * (features + H) + 10), contention=T * self.contention,
            steps="kept" if self.return_sequences else "gone",
        )

    def bias_param(self) -> Param:
        """One bias for each gate."""
        return Param(
            shape=(self.gates * self.units,), initializer=self.bias_initializer, regularizer=self.bias_regularizer,
            decay=False,
        )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """All steps, one after the other."""
        N, T, _ = x.shape
        y = ctx.empty("y", (N, T if self.return_sequences else 1, self.units))
        b = ctx.params["bias"] if self.use_bias else ctx.empty("no bias", self.bias_param().shape)  # which is zero
        if not x.flags.c_contiguous:
            x, given = ctx.empty("x", x.shape), x
            x[...] = given
        ctx.steps, ctx.dead = T, self._dead(ctx, T, N)
        self.walk(ctx, x, b, y, backwards=self.go_backwards, dead=ctx.dead, bends=self._bends(ctx))
        return y if self.return_sequences else y[:, 0]

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """All steps back, one product for the gradients of all parameters, and one for dx."""
        if not dy.flags.c_contiguous:
            dy, given = ctx.empty("dy", dy.shape), dy
            dy[...] = given
        N, features = len(dy), len(ctx.params["kernel"])
        dx = ctx.empty("dx", (N, ctx.steps, features)) if ctx.needs_dx else None
        self.walk_back(
            ctx, dy.reshape(N, -1, self.units), ctx.grads["bias"] if self.use_bias else None, dx=dx, steps=ctx.steps,
            dW=ctx.grads["kernel"], dR=ctx.grads["recurrent_kernel"], backwards=self.go_backwards, dead=ctx.dead,
            bends=self._bends(ctx),
        )
        return dx

    def memory(self, ctx: Context, x: np.ndarray, *, gates: int, **kept: int) -> dict[str, Any]:
        """What the kernel keeps, and what it works in."""
        (N, T, features), H = x.shape, self.units
        ctx.kept = ctx.empty("kept", (kept_size(T, N, H, features, gates=gates, **kept),))
        ctx.work = ctx.empty("work", (work_size(T, N, H, features, gates=gates),))
        return {"kept": ctx.kept, "work": ctx.work}

    def _bends(self, ctx: Context) -> tuple[Bend, ...] | None:
        """Its activations as the kernel wants them: those of the gates first."""
        pairs = tuple(zip(ctx.children, (activation for _, activation in self.bends()), strict=True))
        return tuple(partial(_bend, inner, activation) for inner, activation in reversed(pairs)) or None

    def _dead(self, ctx: Context, T: int, N: int) -> np.ndarray | None:
        """Where the mask says padding, (T, N) in the order of the walk. That order is also the order of y."""
        mask = ctx.flow.mask
        if mask is None or mask.all():
            return None
        if mask.shape != (N, T):
            raise ShapeError(
                f"{self.type_name()} got a mask for {mask.shape[1]} steps, and sequences of {T}",
                hint="keep the number of steps between the layer that makes the mask and this one",
            )
        dead = ctx.empty("dead", (T, N), bool)
        np.logical_not(mask.T[::-1 if self.go_backwards else 1], out=dead)
        if self.go_backwards and self.return_sequences:
            turned = ctx.flow.mask = ctx.empty("mask", (N, T), bool)
            turned[...] = mask[:, ::-1]
        return dead


def _bend(ctx: Context, activation: Activation, a: np.ndarray, slope: np.ndarray) -> None:
    """Puts a through an activation in place, and its derivative at a into `slope`. Where no fast way exists."""
    ones = ctx.empty("ones", a.shape)
    ones.fill(1)
    y = activation.forward(ctx, a)
    slope[...] = activation.backward(ctx, ones)
    a[...] = y
