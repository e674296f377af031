"""The logistic function in one pass."""

import numpy as np

from dlcli.kernels.compiled._functions import sigmoid as of_one
from dlcli.kernels.compiled._jit import jit


def sigmoid(x: np.ndarray, *, out: np.ndarray) -> np.ndarray:
    """As its twin."""
    if x.flags.c_contiguous and out.flags.c_contiguous:
        _sigmoid(x.reshape(-1), out.reshape(-1))
    else:
        _sigmoid_of_any(x, out)
    return out


@jit()
def _sigmoid(x, y):
    for i in range(x.size):
        y[i] = of_one(x[i])


@jit()
def _sigmoid_of_any(x, y):
    for i in np.ndindex(x.shape):
        y[i] = of_one(x[i])
