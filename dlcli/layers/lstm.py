"""lstm: long short-term memory, a recurrent layer with a cell that gates open and close."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from dlcli.core.activation import Activation
from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.initializer import Initializer
from dlcli.core.params import Param
from dlcli.kernels.lstm import lstm_backward, lstm_forward
from dlcli.layers._recurrent import Cell
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

    def walk(self, ctx: Context, x: np.ndarray, b: np.ndarray, y: np.ndarray, **options: Any) -> None:
        """All steps."""
        R, W = ctx.params["recurrent_kernel"], ctx.params["kernel"]
        memory = self.memory(ctx, x, gates=4, cells=2, slopes=5 if ctx.children else 0)
        lstm_forward(x, R, b, W, y=y, **memory, **options)

    def walk_back(self, ctx: Context, dy: np.ndarray, db: np.ndarray | None, **options: Any) -> None:
        """All steps back."""
        R, W = ctx.params["recurrent_kernel"], ctx.params["kernel"]
        lstm_backward(dy, R, W, db=db, kept=ctx.kept, work=ctx.work, **options)


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
