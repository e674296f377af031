"""sine_position_encoding: places in a sequence as waves of many lengths, with nothing to learn."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import PositiveFloat
from dlcli.core.layer import Layer, Plan
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class SinePositionEncoding(Layer):
    """y_t = x_t + p_t with p_t[2 k] = sin(t w_k), p_t[2 k + 1] = cos(t w_k), w_k = max_wavelength^(-2 k / I), t from 0.

    x: (N, T, I) -> y: (N, T, I). The shortest wave is 2 pi steps long, the longest nearly 2 pi max_wavelength. The
    layer of that name in KerasHub gives p alone; here it is added, since in a list of layers nothing else could do
    that. Raises ShapeError where there is no time axis.
    Source: Vaswani et al., "Attention is all you need", 2017, section 3.5.
    """

    examples: ClassVar = (Example({}, (3, 4)), Example({"max_wavelength": 100.0}, (4, 3)))

    max_wavelength: PositiveFloat = 10_000.0

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        if len(in_shape) != 2:
            raise ShapeError(
                f"sine_position_encoding needs samples of shape (T, I), I numbers at each of T steps; got {in_shape}",
                hint="put it after the embedding",
            )
        return Plan(out_shape=in_shape, flops=prod(in_shape))

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """y = x + p; p is made once."""
        T, width = x.shape[1:]
        p = ctx.empty("p", (T, width))
        if p[0, -1] + p[-1, 0] == 0 and not p.any():  # new memory is zero; filled once, then kept
            columns = np.arange(width)
            angles = np.arange(T)[:, None] * self.max_wavelength ** (-2 * (columns // 2) / width)
            p[...] = np.where(columns % 2, np.cos(angles), np.sin(angles))
        y: np.ndarray = np.add(x, p, out=ctx.empty("y", x.shape))
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray:
        """dx = dy, the same array."""
        return dy
