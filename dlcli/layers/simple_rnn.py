"""simple_rnn: a dense layer that also sees its own last output."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.kernels.rnn import rnn_backward, rnn_forward
from dlcli.layers._recurrent import Cell, bend
from dlcli.layers.tanh import Tanh


@dataclass(frozen=True, kw_only=True)
class SimpleRnn(Cell):
    """h_t = activation(x_t W + h_(t-1) R + b); h_0 = 0.

    x: (N, T, I) -> y: (N, units), the last h; with `return_sequences: true` (N, T, units), every h.
    Parameters: `kernel` W (I, units), `recurrent_kernel` R (units, units), `bias` b (units,). A step that is masked
    carries h over; without `return_sequences` no mask goes on. `go_backwards` reads x from its end, and then gives
    the states in that order, the mask likewise. Keras' `dropout`, which leaves the same numbers out at every step, is a
    `spatial_dropout1d` before this layer; `recurrent_dropout` is left out. Raises ShapeError where there is no time
    axis.
    Source: Elman, "Finding structure in time", 1990.
    """

    gates: ClassVar = 1
    examples: ClassVar = (
        Example({"units": 3}, (4, 2)),
        Example({"units": 2, "return_sequences": True, "go_backwards": True}, (5, 3)),
        Example({"units": 2, "activation": "sigmoid", "use_bias": False}, (3, 4)),
        Example({"units": 2, "kernel_regularizer": {"l1": 0.01}, "bias_regularizer": {"l2": 0.01}}, (1, 2)),
    )

    def bends(self) -> tuple[tuple[str, Activation], ...]:
        """The kernel knows tanh."""
        return () if isinstance(self.activation, Tanh) else (("activation", self.activation),)

    def walk(self, ctx: Context, a: np.ndarray, h: np.ndarray, dead: np.ndarray | None) -> None:
        """All steps; any activation but tanh notes its derivatives on the way, which backward then uses up."""
        work, R = ctx.empty("work", h.shape[1:]), ctx.params["recurrent_kernel"]
        if not ctx.children:
            return rnn_forward(a, R, h=h, work=work, dead=dead)
        slopes = ctx.empty("da", a.shape)
        for t in range(len(a)):
            np.matmul(h[t], R, out=h[t + 1])
            h[t + 1] += a[t]
            bend(ctx.children[0], self.activation, h[t + 1], slopes[t])
            if dead is not None:
                np.copyto(h[t + 1], h[t], where=dead[t])
        return None

    def walk_back(self, ctx: Context, dy: np.ndarray, h: np.ndarray, dead: np.ndarray | None) -> np.ndarray:
        """All steps back, then dR = h^T da in one product."""
        T, N, H = h.shape[0] - 1, *h.shape[1:]
        da = ctx.empty("da", (T, N, H))
        rnn_backward(
            dy, ctx.params["recurrent_kernel"], h=h, da=da, dh=ctx.empty("dh", (N, H)), work=ctx.empty("work", (N, H)),
            dead=dead, derived=bool(ctx.children),
        )
        np.matmul(h[:-1].reshape(T * N, H).T, da.reshape(T * N, H), out=ctx.grads["recurrent_kernel"])
        return da
