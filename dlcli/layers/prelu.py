"""prelu: what is negative becomes small, by a factor that is learned."""

from dataclasses import dataclass
from math import prod
from typing import Annotated, ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import AsTuple, PositiveInt
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Layer, Plan
from dlcli.core.params import Param, Regularizer
from dlcli.errors import ShapeError
from dlcli.initializers.zeros import Zeros


@dataclass(frozen=True, kw_only=True)
class Prelu(Layer):
    """Parametric rectified linear unit: y = x where x > 0, else alpha * x. The derivative at 0 is taken as alpha.

    x: (N, ...) -> y: (N, ...). Parameter: `alpha` of the shape of a sample, with 1 in place of the axes in
    `shared_axes`, which are counted from 1: [1, 2] gives an image one alpha a channel. Weight decay leaves it alone.
    Source: He et al., "Delving deep into rectifiers", 2015.
    """

    examples: ClassVar = (
        Example({}, (5,)), Example({"shared_axes": [1, 2], "alpha_initializer": "ones"}, (2, 3, 2)),
        Example({"shared_axes": [2], "alpha_regularizer": {"l2": 0.01}}, (3, 4)), Example({}, ()),
    )

    alpha_initializer: Initializer = Zeros()
    alpha_regularizer: Regularizer | None = None
    shared_axes: Annotated[tuple[PositiveInt, ...], AsTuple] | None = None

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        shared = self.shared_axes or ()
        if shared and max(shared) > len(in_shape):
            raise ShapeError(
                f"prelu shares alpha along the axes {list(shared)}; got samples of shape {in_shape}",
                hint=f"choose from 1 to {len(in_shape)}" if in_shape else "leave shared_axes out",
                path=("shared_axes",),
            )
        shape = tuple(1 if axis in shared else n for axis, n in enumerate(in_shape, 1))
        alpha = Param(
            shape=shape, initializer=self.alpha_initializer, regularizer=self.alpha_regularizer, decay=False,
        )
        return Plan(out_shape=in_shape, params={"alpha": alpha}, flops=3 * prod(in_shape))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = max(x, 0) + alpha min(x, 0)."""
        ctx.x = x
        y, above = ctx.empty("y", x.shape), ctx.empty("dx", x.shape)
        np.minimum(x, 0, out=y)
        y *= ctx.params["alpha"]
        y += np.maximum(x, 0, out=above)
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """dalpha = sum of dy min(x, 0), dx = dy where x > 0, else alpha dy."""
        dx = np.minimum(ctx.x, 0, out=ctx.empty("dx", dy.shape))
        dx *= dy
        np.add.reduce(dx, axis=(0, *(self.shared_axes or ())), keepdims=True, out=ctx.grads["alpha"][None])
        if not ctx.needs_dx:
            return None
        np.copyto(dx, ctx.params["alpha"])
        np.copyto(dx, 1, where=np.greater(ctx.x, 0, out=ctx.empty("positive", dy.shape, bool)))
        dx *= dy
        return dx
