"""How many classes are right, in one pass."""

import numpy as np

from dlcli.core.memory import Memory
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.counting import count_right as twin


def count_right(y_pred: np.ndarray, y_true: np.ndarray, memory: Memory) -> int:
    """As its twin."""
    if y_true.ndim == y_pred.ndim or not (y_pred.flags.c_contiguous and y_true.flags.c_contiguous):
        return int(twin.plain(y_pred, y_true, memory))  # type: ignore[attr-defined]
    return int(_count_right(y_pred, y_true, y_pred.shape[-1]))


@jit()
def _count_right(y_pred, y_true, K):
    p, labels, right = y_pred.reshape(-1), y_true.reshape(-1), 0
    for m in range(labels.size):
        if K == 1:
            predicted = 1 if p[m] > 0.5 else 0
        else:
            predicted, most = 0, p[m * K]
            for k in range(1, K):
                value = p[m * K + k]
                if value > most or (value != value and most == most):  # the first NaN stays the largest
                    predicted, most = k, value
        right += predicted == labels[m]
    return right
