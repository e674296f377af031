"""Ids as batches hold them, floating point, as integers that may be looked up."""

import numpy as np

from dlcli.core.context import Context
from dlcli.errors import DataError


def integers(ctx: Context, name: str, x: np.ndarray, bound: int, *, layer: str) -> np.ndarray:
    """x as intp, in memory of `ctx`. Raises DataError unless all are whole numbers from 0 to bound - 1."""
    ids = ctx.empty(name, x.shape, np.intp)
    if x.size and not (x.min() >= 0 and x.max() < bound):  # false for NaN too
        _refuse(x[~((x >= 0) & (x < bound))], bound, layer)
    np.copyto(ids, x, casting="unsafe")
    if not np.equal(ids, x, out=ctx.empty("whole", x.shape, bool)).all():
        _refuse(x[ids != x], bound, layer)
    return ids


def _refuse(found: np.ndarray, bound: int, layer: str) -> None:
    key = "input_dim" if layer == "embedding" else "sizes"
    raise DataError(
        f"{layer} expects ids, whole numbers from 0 to {bound - 1}; found {found.flat[0]:g}", where=f"layer {layer}",
        hint=f"set {key}: {int(found.max()) + 1} or more" if (found >= bound).any() else
             "turn the words or categories into ids, 0 1 2 ..., and do not rescale them",
    )
