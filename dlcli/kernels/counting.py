"""How many classes are right."""

import numpy as np

from dlcli.core.memory import Memory
from dlcli.core.metric import predicted_classes, true_classes
from dlcli.kernels.choice import kernel


@kernel
def count_right(y_pred: np.ndarray, y_true: np.ndarray, memory: Memory) -> int:
    """In how many places the predicted class is the true one.

    y_pred: (..., K), of which the largest is predicted, or the first number that is none; K = 1 is the probability of
    class 1. y_true: integer (...), or one-hot rows as wide as y_pred.
    """
    predicted = predicted_classes(y_pred, memory)
    true = true_classes(y_true, y_pred, memory)
    return int(np.count_nonzero(np.equal(predicted, true, out=memory.empty("right", predicted.shape, bool))))
