"""gru: gated recurrent unit, a recurrent layer that mixes its state with a candidate."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.params import Param
from dlcli.kernels.gru import gru_backward, gru_forward
from dlcli.layers._recurrent import Cell
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

    def walk(self, ctx: Context, x: np.ndarray, b: np.ndarray, y: np.ndarray, **options: Any) -> None:
        """All steps."""
        if not self.reset_after:
            b, given = ctx.empty("biases", (2, 3 * self.units)), b  # its second row stays zero
            b[0] = given
        R, W = ctx.params["recurrent_kernel"], ctx.params["kernel"]
        memory = self.memory(ctx, x, gates=4, slopes=4 if ctx.children else 0)
        gru_forward(x, R, b, W, y=y, reset_after=self.reset_after, **memory, **options)

    def walk_back(self, ctx: Context, dy: np.ndarray, db: np.ndarray | None, **options: Any) -> None:
        """All steps back."""
        R, W = ctx.params["recurrent_kernel"], ctx.params["kernel"]
        gru_backward(
            dy, R, W, db=None if db is None else db.reshape(-1, 3 * self.units), reset_after=self.reset_after,
            kept=ctx.kept, work=ctx.work, **options,
        )
