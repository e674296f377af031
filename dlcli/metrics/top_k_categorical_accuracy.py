"""top_k_categorical_accuracy: the share of samples whose class is among the k likeliest."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import PositiveInt
from dlcli.core.memory import Memory
from dlcli.core.metric import StreamingMetric, check_classes, true_classes
from dlcli.core.target import Target
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class TopKCategoricalAccuracy(StreamingMetric):
    """Share of samples whose true class is among the `k` classes with the largest outputs: right / all.

    y_pred: (N, ..., K). Of equal outputs the first ones count as larger, as in `accuracy`, which this is for k = 1; so
    a model that has learned nothing scores k / K. Keras takes all equal ones in. Sparse and one-hot labels alike.
    """

    examples: ClassVar = (Example({"k": 2}), Example({"k": 1}), Example({"k": 3}))
    is_share: ClassVar[bool] = True

    k: PositiveInt = 5

    def check(self, target: Target) -> None:
        """More than k classes."""
        check_classes(self, target)
        if target.classes <= self.k:
            raise ShapeError(
                f"{self.type_name()} with k: {self.k} is always 1 where there are {target.classes} classes",
                hint=f"set k to at most {target.classes - 1}",
            )

    def start(self, target: Target) -> np.ndarray:
        """[right, all]."""
        return np.zeros(2)

    def update(
        self, state: np.ndarray, memory: Memory, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> None:
        """Counts one batch."""
        K = y_pred.shape[-1]
        rows = y_pred.reshape(-1, K)
        M = len(rows)
        true = memory.empty("true_index", (M,), np.intp)
        true[...] = true_classes(y_true, y_pred, memory).reshape(-1)
        if K == 1:  # the probability of class 1, of two: k is 1
            predicted = np.greater(rows[:, 0], 0.5, out=memory.empty("fired", (M,), bool))
            state[0] += np.count_nonzero(np.equal(predicted, true, out=predicted))
            state[1] += M
            return
        at = np.add(memory.multiples(M, K), true, out=memory.empty("at", (M,), np.intp))
        own = rows.reshape(-1).take(at, out=memory.empty("own", (M,), rows.dtype), mode="clip")[:, None]
        # Classes that come after the true one or are it: none where outputs are NaN.
        after = np.equal(rows, own, out=memory.empty("after", (M, K), bool))
        after &= np.greater_equal(memory.multiples(K), true[:, None], out=memory.empty("work", (M, K), bool))
        after |= np.less(rows, own, out=memory.empty("work", (M, K), bool))
        count = np.add.reduce(after, axis=1, dtype=np.intp, out=memory.empty("count", (M,), np.intp))
        state[0] += np.count_nonzero(np.greater(count, K - self.k, out=memory.empty("right", (M,), bool)))
        state[1] += M

    def result(self, state: np.ndarray) -> float:
        """right / all."""
        return float(state[0] / state[1]) if state[1] else float("nan")
