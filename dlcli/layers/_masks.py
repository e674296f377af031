"""What layers share that pass over padded steps: finding them, silencing them, and the mask behind a window.

They do as if the padding were not there: what they give for the steps that count is what the sequence gives without the
padded ones.
"""

import numpy as np

from dlcli.core.context import Context
from dlcli.kernels.im2col import Window, reach

NEVER_LARGEST = -np.inf


def padded_steps(ctx: Context, x: np.ndarray) -> np.ndarray | None:
    """Which steps of x: (N, T, ...) are padding: (N, T) bool; None where none is."""
    mask = ctx.flow.mask
    if mask is None or mask.all():
        return None
    assert mask.shape == x.shape[:2], "every layer hands on a mask that fits, or none"
    return np.logical_not(mask, out=ctx.empty("padded steps", mask.shape, bool))


def silenced(ctx: Context, name: str, x: np.ndarray, padded: np.ndarray | None, value: float = 0.0) -> np.ndarray:
    """x: (N, T, ...) with `value` at padded steps: a copy where there are any, else x itself."""
    if padded is None:
        return x
    copy = ctx.empty(name, x.shape)
    np.copyto(copy, x)
    return silence(copy, padded, value)


def silence(x: np.ndarray, padded: np.ndarray | None, value: float | np.ndarray = 0.0) -> np.ndarray:
    """As `silenced`, in x itself; `value` may be one for each channel."""
    if padded is not None:
        np.copyto(x, value, where=padded.reshape(*padded.shape, *(1,) * (x.ndim - 2)))
    return x


def slide_mask(ctx: Context, window: Window, positions: int, *, padding: str) -> np.ndarray | None:
    """Lets the mask go on as that of the positions (N, OT) of a window over the steps; says which do not count.

    With `padding: valid` a position counts where all steps of its window do; with `same` and `causal`, which put
    zeros around a sequence, where the step does at which the window stands: as many positions as without the padding.
    """
    mask = ctx.flow.mask
    if mask is None:
        return None
    stride, dilation, size = window.strides[1], window.dilation[1], window.size[1]
    new = ctx.empty("mask of positions", (len(mask), positions), bool)
    last = (positions - 1) * stride + 1
    np.copyto(new, mask[:, :last:stride])
    if padding == "valid":
        for step in range(dilation, size * dilation, dilation):
            new &= mask[:, step:step + last:stride]
    ctx.flow.mask = new
    return None if new.all() else np.logical_not(new, out=ctx.empty("positions out", new.shape, bool))


def shares_of_windows(
    ctx: Context, padded: np.ndarray, out: np.ndarray | None, window: Window, positions: int,
) -> np.ndarray:
    """(N, OT, 1): steps in each window over those of them that count; 0 at the positions `out`, which do not."""
    (N, T), shape = padded.shape, (len(padded), positions)
    inside, counted = ctx.empty("inside", shape), ctx.empty("counted", shape)
    inside.fill(0)
    counted.fill(0)
    for k in range(window.size[1]):
        at, steps = reach(window, 1, k, positions, T)
        inside[:, at] += 1
        counted[:, at] += 1
        counted[:, at] -= padded[:, steps]
    np.maximum(counted, 1, out=counted)
    inside /= counted
    return silence(inside, out).reshape(N, positions, 1)
