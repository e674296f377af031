"""balanced_accuracy: how many of a class were found, every class counting alike."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.metrics._counts import Counts, ratio


@dataclass(frozen=True, kw_only=True)
class BalancedAccuracy(Counts):
    """Mean over the classes of right / true, over those that have samples at all.

    Always naming the most frequent of K classes scores 1/K, however frequent it is. The same as scikit-learn's
    `balanced_accuracy_score`.
    """

    examples: ClassVar = (Example(),)
    is_share: ClassVar[bool] = True

    def of_counts(self, right: np.ndarray, predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
        """Mean recall; that of a class without samples is 0, and counts for nothing."""
        return np.asarray(ratio(right, true).sum(axis=-1) / np.count_nonzero(true, axis=-1))
