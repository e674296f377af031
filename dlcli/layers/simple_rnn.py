"""simple_rnn: a dense layer that also sees its own last output."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.kernels.rnn import rnn_backward, rnn_forward
from dlcli.layers._recurrent import Cell
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
    contention: ClassVar = 3_500_000
    examples: ClassVar = (
        Example({"units": 3}, (4, 2)),
        Example({"units": 2, "return_sequences": True, "go_backwards": True}, (5, 3)),
        Example({"units": 2, "activation": "sigmoid", "use_bias": False}, (3, 4)),
        Example({"units": 2, "kernel_regularizer": {"l1": 0.01}, "bias_regularizer": {"l2": 0.01}}, (1, 2)),
    )

    def bends(self) -> tuple[tuple[str, Activation], ...]:
        """The kernel knows tanh."""
        return () if isinstance(self.activation, Tanh) else (("activation", self.activation),)

    def walk(self, ctx: Context, x: np.ndarray, b: np.ndarray, y: np.ndarray, **options: Any) -> None:
        """All steps."""
        R, W = ctx.params["recurrent_kernel"], ctx.params["kernel"]
        rnn_forward(x, R, b, W, y=y, **self.memory(ctx, x, gates=1, slopes=len(ctx.children)), **options)

    def walk_back(self, ctx: Context, dy: np.ndarray, db: np.ndarray | None, **options: Any) -> None:
        """All steps back."""
        R, W = ctx.params["recurrent_kernel"], ctx.params["kernel"]
        rnn_backward(dy, R, W, db=db, kept=ctx.kept, work=ctx.work, **options)
