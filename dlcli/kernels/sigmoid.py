"""The logistic function."""

import numpy as np

from dlcli.kernels.choice import kernel

_FLOOR = {4: -87.0, 8: -708.0}
"""By bytes a number: the smallest x for which exp(-x) is finite. Below it sigmoid(x) is 0 for all purposes."""


@kernel
def sigmoid(x: np.ndarray, *, out: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) into `out`: small results are as exact as those near 1, and nothing overflows."""
    np.maximum(x, _FLOOR[out.itemsize], out=out)
    np.negative(out, out)
    np.exp(out, out)
    np.add(out, 1, out)
    np.reciprocal(out, out)
    return out
