"""balanced_accuracy: how many of a class were found, every class counting alike."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.metrics._counts import Counts


@dataclass(frozen=True, kw_only=True)
class BalancedAccuracy(Counts):
    """Mean over the classes of right / true, over those that have samples at all.

    Always naming the most frequent of K classes scores 1/K, however frequent it is. The same as scikit-learn's
    `balanced_accuracy_score`.
    """

    examples: ClassVar = (Example(),)

    def result(self, state: np.ndarray) -> float:
        """Mean recall."""
        right, _, true = state
        there = true > 0
        return float((right[there] / true[there]).mean()) if there.any() else float("nan")
