"""A convolution with the max pooling and the relu behind it, as one piece of work."""

from collections.abc import Sequence

import numpy as np

from dlcli.core.context import Context
from dlcli.core.fusion import Fusion
from dlcli.core.plan import Planned
from dlcli.kernels.convolution import (
    convolution,
    convolution_gradient,
    convolution_gradient_size,
    convolution_size,
    place_shape,
)
from dlcli.kernels.pooling import PAIRS
from dlcli.layers._convolution import contiguous
from dlcli.layers.conv2d import Conv2d
from dlcli.layers.max_pooling2d import MaxPooling2d
from dlcli.layers.relu import Relu


class ConvolutionBlock(Fusion):
    """relu(max of 2 x 2 of (x * W + b)): what is between, four times as much as what comes out, is never written."""

    @classmethod
    def takes(cls, nodes: Sequence[Planned]) -> int:
        """A convolution without groups, a max pooling of 2 x 2 side by side, a relu; one of the two may be missing."""
        first = nodes[0].layer
        if type(first) is not Conv2d or first.groups != 1:
            return 0
        pool = _pools(nodes)
        count = 1 + pool + (len(nodes) > 1 + pool and type(nodes[1 + pool].layer) is Relu)
        return count if count > 1 else 0

    def __init__(
        self, nodes: Sequence[Planned], contexts: Sequence[Context], theta: np.ndarray, grad: np.ndarray,
    ) -> None:
        layer = nodes[0].layer
        assert isinstance(layer, Conv2d)
        self._ctx, self._window = contexts[0], layer.window(nodes[0].in_shape)
        self._pool, self._relu = _pools(nodes), type(nodes[-1].layer) is Relu
        self._out_shape = nodes[-1].plan.out_shape
        self._shape, self._size = (0,), 0  # of the last x, and the working memory that it wants
        self._W, self._b = self._ctx.params["kernel"], self._ctx.params.get("bias")

    def forward(self, x: np.ndarray) -> np.ndarray:
        """y of the last layer."""
        self._x = x = contiguous(self._ctx, "whole x", x)
        return self._run(x, keep=self._ctx.training)

    def backward(self, dy: np.ndarray) -> np.ndarray | None:
        """dx of the convolution."""
        ctx, x, W = self._ctx, self._x, self._W
        dy = contiguous(ctx, "whole dy", dy)
        y = ctx.empty("y", dy.shape)
        if not ctx.training:
            self._run(x, keep=True)
        work = ctx.empty("work", (convolution_gradient_size(x.shape, W, self._window, pool=self._pool),))
        dx = ctx.empty("dx", x.shape) if ctx.needs_dx else None
        convolution_gradient(
            x, W, dy, dW=ctx.grads["kernel"], db=ctx.grads.get("bias"), dx=dx, work=work, window=self._window,
            pool=self._pool, relu=self._relu, y=y, place=self._place(y),
        )
        return dx

    def _run(self, x: np.ndarray, *, keep: bool) -> np.ndarray:
        y = self._ctx.empty("y", (len(x), *self._out_shape))
        if x.shape != self._shape:
            self._shape = x.shape
            self._size = convolution_size(x.shape, self._W, self._window, pool=self._pool)
        work = self._ctx.empty("work", (self._size,))
        return convolution(
            x, self._W, self._b, out=y, work=work, window=self._window, pool=self._pool, relu=self._relu,
            place=self._place(y) if keep else None,
        )

    def _place(self, y: np.ndarray) -> np.ndarray | None:
        return self._ctx.empty("place", place_shape(y.shape), np.uint8) if self._pool else None


def _pools(nodes: Sequence[Planned]) -> bool:
    """Whether the second layer is a max pooling of 2 x 2 side by side."""
    if len(nodes) < 2 or type(nodes[1].layer) is not MaxPooling2d:
        return False
    return nodes[1].layer.window(nodes[1].in_shape) == PAIRS
