"""position_embedding: a learned vector for every place in a sequence."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import PositiveInt
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Layer, Plan
from dlcli.core.params import Param
from dlcli.errors import ShapeError
from dlcli.initializers.glorot_uniform import GlorotUniform


@dataclass(frozen=True, kw_only=True)
class PositionEmbedding(Layer):
    """y_t = x_t + P_t. x: (N, T, I) -> y: (N, T, I), T at most `sequence_length`.

    `sequence_length` is by default T. Parameters: `position_embeddings` P (sequence_length, I). The layer of that
    name in KerasHub gives P alone; here it is added, since in a list of layers nothing else could do that. Raises
    ShapeError where there is no time axis, or where the sequences are longer.
    """

    examples: ClassVar = (
        Example({}, (3, 4)), Example({"sequence_length": 5, "initializer": "random_normal"}, (3, 2)),
    )

    sequence_length: PositiveInt | None = None
    initializer: Initializer = GlorotUniform()

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        if len(in_shape) != 2:
            raise ShapeError(
                f"position_embedding needs samples of shape (T, I), I numbers at each of T steps; got {in_shape}",
                hint="put it after the embedding",
            )
        length = self.sequence_length or in_shape[0]
        if in_shape[0] > length:
            raise ShapeError(
                f"the sequences have {in_shape[0]} steps, more than sequence_length: {length}",
                hint=f"set sequence_length: {in_shape[0]}, or leave it out", path=("sequence_length",),
            )
        table = Param(shape=(length, in_shape[1]), initializer=self.initializer)
        return Plan(out_shape=in_shape, params={"position_embeddings": table}, flops=prod(in_shape))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = x + P, P cut to the length of x."""
        P = ctx.params["position_embeddings"][:x.shape[1]]
        y: np.ndarray = np.add(x, P, out=ctx.empty("y", x.shape))
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dP = sum of dy over the batch, 0 for places that no sequence reaches; dx = dy."""
        grad, T = ctx.grads["position_embeddings"], dy.shape[1]
        np.add.reduce(dy, axis=0, out=grad[:T])
        grad[T:] = 0
        return dy
