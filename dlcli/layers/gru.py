"""gru: gated recurrent unit, a recurrent layer that mixes its state with a candidate."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.params import Param
from dlcli.kernels.gru import BLOCK, advance, gru_backward, gru_forward
from dlcli.layers._recurrent import Cell, bend
from dlcli.layers.sigmoid import Sigmoid
from dlcli.layers.tanh import Tanh


@dataclass(frozen=True, kw_only=True)
class Gru(Cell):
    """z, r = s(x_t W + b + h_(t-1) R + b'); g = a(x_t W + b + r (h_(t-1) R + b')); h_t = z h_(t-1) + (1 - z) g.

    h_0 = 0; s is `recurrent_activation`, a is `activation`. With `reset_after: false`, the first form of the paper,
    g = a(x_t W + b + (r h_(t-1)) R) and there is no b'. x: (N, T, I) -> y: (N, units), the last h; with
    `return_sequences: true` (N, T, units), every h. Parameters: `kernel` W (I, 3 units), `recurrent_kernel` R
    (units, 3 units), `bias` (2, 3 units), b and b', or (3 units,); their columns are z r g, Keras' order. A step that
    is masked carries h over; without `return_sequences` no mask goes on. `go_backwards` reads x from its end, and
    then gives the states in that order, the mask likewise. Keras' `dropout`, which leaves the same numbers out at
    every step, is a `spatial_dropout1d` before this layer; `recurrent_dropout` is left out. Raises ShapeError where
    there is no time axis.
    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014.
    """

    gates: ClassVar = 3
    order: ClassVar = (2, 0, 1)
    examples: ClassVar = (
        Example({"units": 3}, (4, 2)),
        Example({"units": 2, "reset_after": False, "return_sequences": True}, (4, 3)),
        Example({"units": 2, "return_sequences": True, "go_backwards": True, "use_bias": False}, (5, 3)),
        Example({"units": 2, "activation": "softplus", "recurrent_activation": "tanh"}, (3, 4)),
        Example({"units": 2, "activation": "sigmoid", "reset_after": False, "use_bias": False}, (3, 2)),
    )

    recurrent_activation: Activation = Sigmoid()
    reset_after: bool = True

    def bends(self) -> tuple[tuple[str, Activation], ...]:
        """The kernel knows sigmoid with tanh."""
        if isinstance(self.activation, Tanh) and isinstance(self.recurrent_activation, Sigmoid):
            return ()
        return (("activation", self.activation), ("recurrent_activation", self.recurrent_activation))

    def bias_param(self) -> Param:
        """With `reset_after` a bias for what comes from x and one for what comes from h."""
        shape = (2, 3 * self.units) if self.reset_after else (3 * self.units,)
        return Param(shape=shape, initializer=self.bias_initializer, regularizer=self.bias_regularizer, decay=False)

    def bias(self, ctx: Context) -> np.ndarray:
        """All that is added to a gate whatever the reset gate says."""
        b = ctx.params["bias"]
        if not self.reset_after:
            return b
        total = ctx.empty("bias", b.shape[1:])
        total[...] = b[0]
        total[:2 * self.units] += b[1, :2 * self.units]
        return total

    def take_bias(self, ctx: Context, db: np.ndarray) -> None:
        """z and r take both biases alike; that of g before the reset gate gets what its product got."""
        grad, H = ctx.grads["bias"], self.units
        grad[...] = db
        if self.reset_after:
            da = ctx.da.reshape(-1, 4 * H)
            np.add.reduce(da[:, 3 * H:], axis=0, out=grad[1, 2 * H:])

    def scale(self, ctx: Context) -> np.ndarray | None:
        """The sign turned for the sigmoid gates, as the kernel wants it."""
        if self.bends():
            return None
        factors = ctx.empty("scale", (3, self.units))
        if factors[2, 0] == 0:  # new memory is zero; filled once, then kept
            factors[...] = -1
            factors[2] = 1
        return factors.reshape(-1)

    def walk(self, ctx: Context, a: np.ndarray, h: np.ndarray, dead: np.ndarray | None) -> None:
        """All steps; keeps the gates."""
        T, N, H = h.shape[0] - 1, *h.shape[1:]
        ctx.gates = ctx.empty("gates", (T, 4, N, H))
        work, R, scale = ctx.empty("work", (N, 3 * H)), ctx.params["recurrent_kernel"], self.scale(ctx)
        b = ctx.params["bias"][1, 2 * H:] if self.use_bias and self.reset_after else ctx.empty("zero", (H,))
        if scale is None:
            return self._walk_slowly(ctx, a, b, h, dead)
        R = np.multiply(R, scale, out=ctx.empty("R", R.shape))
        return gru_forward(a, R, b, gates=ctx.gates, h=h, work=work, reset_after=self.reset_after, dead=dead)

    def _walk_slowly(
        self, ctx: Context, a: np.ndarray, b: np.ndarray, h: np.ndarray, dead: np.ndarray | None,
    ) -> None:
        """As the kernel, for any activations; notes their derivatives on the way, which backward then uses up."""
        T, _, N, H = ctx.gates.shape
        slopes, R, bent, gated = ctx.empty("slopes", (T, 3, N, H)), ctx.params["recurrent_kernel"], *ctx.children
        for t in range(T):
            z, r, g, q = ctx.gates[t]
            columns = a[t].reshape(N, 3, H).transpose(1, 0, 2)
            for gate, k in ((z, 0), (r, 1)):
                np.matmul(h[t], R[:, k * H:(k + 1) * H], out=gate)
                gate += columns[k]
                bend(gated, self.recurrent_activation, gate, slopes[t, k])
            if self.reset_after:
                np.matmul(h[t], R[:, 2 * H:], out=q)
                q += b
                np.multiply(r, q, out=g)
            else:
                np.multiply(r, h[t], out=q)
                np.matmul(q, R[:, 2 * H:], out=g)
            g += columns[2]
            bend(bent, self.activation, g, slopes[t, 2])
            advance(h[t], z, g, out=h[t + 1], dead=None if dead is None else dead[t])
            if dead is not None:
                np.copyto(slopes[t], 0, where=dead[t])

    def walk_back(self, ctx: Context, dy: np.ndarray, h: np.ndarray, dead: np.ndarray | None) -> np.ndarray:
        """All steps back, then dR in one product, or in two where the reset gate comes before its last third."""
        T, _, N, H = ctx.gates.shape
        derived = bool(self.bends())
        steps = T if derived else min(T, max(1, BLOCK // (3 * N * H)))
        ctx.da = ctx.empty("da", (T, N, 4 * H))
        gru_backward(
            dy, ctx.gates, ctx.params["recurrent_kernel"], h=h, da=ctx.da,
            slopes=ctx.empty("slopes", (steps, 3, N, H)), dh=ctx.empty("dh", (N, H)),
            work=ctx.empty("dwork", (2, N, H)), reset_after=self.reset_after, dead=dead, derived=derived,
        )
        da, states, dR = ctx.da.reshape(T * N, 4 * H), h[:-1].reshape(T * N, H).T, ctx.grads["recurrent_kernel"]
        if self.reset_after:
            np.matmul(states, da[:, H:], out=dR)
        else:
            np.matmul(states, da[:, H:3 * H], out=dR[:, :2 * H])
            reset = ctx.empty("reset", (T, N, H))
            reset[...] = ctx.gates[:, 3]
            np.matmul(reset.reshape(T * N, H).T, da[:, :H], out=dR[:, 2 * H:])
        return da[:, :3 * H]
