"""brier_score: how far probabilities are from what came true."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.memory import Memory
from dlcli.metrics._probabilities import Probabilities, taken


@dataclass(frozen=True, kw_only=True)
class BrierScore(Probabilities):
    """Mean squared error of probabilities: of two classes (p - y)^2, of more sum_k (p_k - y_k)^2.

    y is 1 for the true class and 0 for others. 0 is perfect, the worst is 1 for two classes and 2 for more. The same as
    scikit-learn's `brier_score_loss`.
    Source: Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950.
    """

    examples: ClassVar = (Example(),)

    def costs(self, p: np.ndarray, true: np.ndarray, memory: Memory, *, rounding: float) -> np.ndarray:
        """(1 - p of the true class)^2, and the squares of all others; half of that for two classes."""
        M, K = p.shape
        cost = memory.empty("cost", (M,), np.float64)
        own = taken(p, true, memory)
        np.square(np.subtract(1, own, out=cost), out=cost)
        if K > 1:
            squares = np.square(p, out=memory.empty("squares", (M, K), np.float64))
            cost += np.add.reduce(squares, axis=1, out=memory.empty("sum", (M,), np.float64))
            cost -= np.square(own, out=own)
        if K == 2:
            cost /= 2
        return cost
