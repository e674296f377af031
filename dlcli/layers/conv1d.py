"""conv1d: the same small window of weights everywhere in a sequence."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import PositiveInt
from dlcli.core.layer import Plan
from dlcli.kernels.im2col import Window
from dlcli.layers._convolution import Convolution, convolve, convolve_backward, need_groups
from dlcli.layers._masks import padded_steps, silence, silenced, slide_mask
from dlcli.layers._windows import Single, need_axes, slide


@dataclass(frozen=True, kw_only=True)
class Conv1d(Convolution):
    """Convolution over the steps of a sequence.

    y[p, o] = activation(sum over i, c of x[p s + i d, c] W[i, c, o] + b[o]) with s = strides and d = dilation_rate.
    x: (N, T, C) -> y: (N, OT, filters). With `padding: valid` OT = floor((T - (K - 1) d - 1) / s) + 1; with `same`
    zeros are put around so that OT = ceil(T / s); with `causal` all zeros come before the first step, so that no step
    sees a later one. With `groups` G each G-th part of the filters sees only its G-th part of the channels. Padded
    steps are zeros; the mask goes on, a position counting where all steps of its window do (`valid`), or where step p s
    does (`same`, `causal`). Parameters: `kernel` W (K, C / groups, filters), `bias` b (filters,) unless `use_bias:
    false`.
    """

    reads_mask: ClassVar = True
    examples: ClassVar = (
        Example({"filters": 3, "kernel_size": 3}, (6, 2)),
        Example(
            {"filters": 2, "kernel_size": 3, "padding": "causal", "dilation_rate": 2, "activation": "tanh"}, (6, 3),
        ),
        Example({"filters": 2, "kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False}, (7, 20)),
        Example({
            "filters": 4, "kernel_size": 1, "groups": 2, "kernel_regularizer": {"l2": 0.01},
            "bias_regularizer": {"l1": 0.1}, "kernel_initializer": "he_normal", "bias_initializer": "ones",
        }, (3, 6)),
    )

    filters: PositiveInt
    kernel_size: Single
    strides: Single = 1
    padding: Literal["valid", "same", "causal"] = "valid"
    dilation_rate: Single = 1
    groups: PositiveInt = 1

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """As many steps as the window has positions, `filters` channels."""
        need_axes("conv1d", in_shape, 2)
        steps, channels = in_shape
        need_groups("conv1d", self.groups, channels, self.filters)
        positions = self._window(steps).positions((1, 1, steps))[1]
        kernel = (self.kernel_size, channels // self.groups, self.filters)
        return Plan(
            out_shape=(positions, self.filters), params=self.parameters(kernel, self.filters),
            flops=positions * self.filters * (2 * kernel[0] * kernel[1] + 1), contention=self.contention,
        )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The convolution of an image with one row."""
        ctx.padded = padded_steps(ctx, x)
        ctx.x, window = silenced(ctx, "live", x, ctx.padded)[:, None], self._window(x.shape[1])
        y = convolve(ctx, ctx.x, ctx.params["kernel"][None], window, groups=self.groups)[:, 0]
        slide_mask(ctx, window, y.shape[1], padding=self.padding)
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """As that of an image with one row."""
        window = self._window(ctx.x.shape[2])
        dx = convolve_backward(ctx, dy[:, None], ctx.params["kernel"][None], window, groups=self.groups)
        return None if dx is None else silence(dx[:, 0], ctx.padded)

    def _window(self, steps: int) -> Window:
        return slide(
            "conv1d", (1, steps), size=(1, self.kernel_size), strides=(1, self.strides), padding=self.padding,
            dilation=(1, self.dilation_rate),
        )
