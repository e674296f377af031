"""lstm: long short-term memory, a recurrent layer with a cell that gates open and close."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.initializer import Initializer
from dlcli.core.params import Param
from dlcli.kernels.lstm import BLOCK, close, lstm_backward, lstm_forward
from dlcli.layers._recurrent import Cell, bend
from dlcli.layers.sigmoid import Sigmoid
from dlcli.layers.tanh import Tanh


@dataclass(frozen=True, kw_only=True)
class Lstm(Cell):
    """i, f, o = s(x_t W + h_(t-1) R + b); g = a(...) likewise; c_t = f c_(t-1) + i g; h_t = o a(c_t); h_0 = c_0 = 0.

    s is `recurrent_activation`, a is `activation`. x: (N, T, I) -> y: (N, units), the last h; with
    `return_sequences: true` (N, T, units), every h. Parameters: `kernel` W (I, 4 units), `recurrent_kernel` R
    (units, 4 units), `bias` b (4 units,); their columns are i f g o, Keras' order. With `unit_forget_bias` the
    bias of f starts at 1, so that the cell remembers from the start. A step that is masked carries h and c over;
    without `return_sequences` no mask goes on. `go_backwards` reads x from its end, and then gives the states in
    that order, the mask likewise. Keras' `dropout`, which leaves the same numbers out at every step, is a
    `spatial_dropout1d` before this layer; `recurrent_dropout` is left out. Raises ShapeError where there is no
    time axis.
    Source: Hochreiter and Schmidhuber, 1997; the forget gate: Gers, Schmidhuber and Cummins, 2000.
    """

    gates: ClassVar = 4
    examples: ClassVar = (
        Example({"units": 3}, (4, 2)),
        Example({"units": 2, "return_sequences": True, "go_backwards": True}, (5, 3)),
        Example({"units": 3, "use_bias": False, "unit_forget_bias": False, "return_sequences": True}, (3, 1)),
        Example({"units": 2, "activation": "softplus", "recurrent_activation": "tanh"}, (3, 4)),
        Example({"units": 2, "recurrent_regularizer": {"l2": 0.01}, "recurrent_initializer": "glorot_uniform"}, (1, 2)),
    )

    recurrent_activation: Activation = Sigmoid()
    unit_forget_bias: bool = True

    def bends(self) -> tuple[tuple[str, Activation], ...]:
        """The kernel knows sigmoid with tanh."""
        if isinstance(self.activation, Tanh) and isinstance(self.recurrent_activation, Sigmoid):
            return ()
        return (("activation", self.activation), ("recurrent_activation", self.recurrent_activation))

    def bias_param(self) -> Param:
        """Zero, the forget gate's one."""
        param = super().bias_param()
        if not self.unit_forget_bias:
            return param
        drawn = _UnitForget(rest=self.bias_initializer)
        return Param(shape=param.shape, initializer=drawn, regularizer=param.regularizer, decay=False)

    def scale(self, ctx: Context) -> np.ndarray | None:
        """The sign turned for the sigmoid gates, as the kernel wants it."""
        if self.bends():
            return None
        factors = ctx.empty("scale", (4, self.units))
        if factors[2, 0] == 0:  # new memory is zero; filled once, then kept
            factors[...] = -1
            factors[2] = 1
        return factors.reshape(-1)

    def walk(self, ctx: Context, a: np.ndarray, h: np.ndarray, dead: np.ndarray | None) -> None:
        """All steps; keeps the gates."""
        T, N, H = h.shape[0] - 1, *h.shape[1:]
        ctx.gates, ctx.c = ctx.empty("gates", (T, 4, N, H)), ctx.empty("c", h.shape)
        ctx.tanh_c, ctx.c[0] = ctx.empty("tanh_c", (T, N, H)), 0
        work, R, scale = ctx.empty("work", (N, 4 * H)), ctx.params["recurrent_kernel"], self.scale(ctx)
        if scale is None:
            return self._walk_slowly(ctx, a, h, dead)
        R = np.multiply(R, scale, out=ctx.empty("R", R.shape))
        return lstm_forward(a, R, gates=ctx.gates, h=h, c=ctx.c, tanh_c=ctx.tanh_c, work=work, dead=dead)

    def _walk_slowly(self, ctx: Context, a: np.ndarray, h: np.ndarray, dead: np.ndarray | None) -> None:
        """As the kernel, for any activations; notes their derivatives on the way, which backward then uses up."""
        T, N, H = ctx.tanh_c.shape
        gates, slopes, slope_c = ctx.gates, ctx.empty("slopes", ctx.gates.shape), ctx.empty("slope_c", (T, N, H))
        bent, gated = ctx.children
        ways = ((gated, self.recurrent_activation),) * 3 + ((bent, self.activation),)
        for t in range(T):
            a[t] += np.matmul(h[t], ctx.params["recurrent_kernel"], out=ctx.empty("work", (N, 4 * H)))
            for column, (inner, activation), gate, slope in zip((0, 1, 3, 2), ways, gates[t], slopes[t], strict=True):
                gate[...] = a[t][:, column * H:(column + 1) * H]
                bend(inner, activation, gate, slope)
            i, f, o, g = gates[t]
            if dead is not None:
                close(i, f, o, dead[t])
                np.copyto(slopes[t], 0, where=dead[t])
            np.multiply(f, ctx.c[t], ctx.c[t + 1])
            np.multiply(i, g, ctx.tanh_c[t])
            ctx.c[t + 1] += ctx.tanh_c[t]
            ctx.tanh_c[t] = ctx.c[t + 1]
            bend(bent, self.activation, ctx.tanh_c[t], slope_c[t])
            np.multiply(o, ctx.tanh_c[t], h[t + 1])
            if dead is not None:
                np.copyto(h[t + 1], h[t], where=dead[t])

    def walk_back(self, ctx: Context, dy: np.ndarray, h: np.ndarray, dead: np.ndarray | None) -> np.ndarray:
        """All steps back, then dR = h^T da in one product."""
        T, N, H = ctx.tanh_c.shape
        derived = bool(self.bends())
        steps = T if derived else min(T, max(1, BLOCK // (4 * N * H)))
        da = ctx.empty("a", (T, N, 4 * H))
        lstm_backward(
            dy, ctx.gates, ctx.params["recurrent_kernel"], c=ctx.c, tanh_c=ctx.tanh_c, da=da,
            slopes=ctx.empty("slopes", (steps, 4, N, H)), slope_c=ctx.empty("slope_c", (steps, N, H)),
            dh=ctx.empty("dh", (N, H)), dc=ctx.empty("dc", (N, H)), work=ctx.empty("dwork", (N, H)), dead=dead,
            derived=derived,
        )
        np.matmul(h[:-1].reshape(T * N, H).T, da.reshape(T * N, -1), out=ctx.grads["recurrent_kernel"])
        return da


@dataclass(frozen=True, kw_only=True)
class _UnitForget(Initializer):
    """`rest`, the second quarter one."""

    rest: Initializer

    def check(self, shape: tuple[int, ...]) -> None:
        """As `rest`."""
        self.rest.check(shape)

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Values of `shape`, a vector of four gates."""
        values = self.rest.draw(shape, rng)
        values[shape[0] // 4:shape[0] // 2] = 1
        return values
