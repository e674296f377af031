"""What activations of straight lines share: whether a number is between two corners."""

import numpy as np

from dlcli.core.context import Context


def slope_inside(ctx: Context, y: np.ndarray, low: float, high: float) -> np.ndarray:
    """1 where low < y < high, else 0, as numbers in the memory `dx`."""
    dx, below = ctx.empty("dx", y.shape), ctx.empty("below", y.shape, bool)
    inside = np.greater(y, low, out=ctx.empty("inside", y.shape, bool))
    np.less(y, high, out=below)
    inside &= below
    np.copyto(dx, inside)
    return dx
