"""matthews_correlation: how far predicted and true classes go together."""

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.metrics._counts import Counts


@dataclass(frozen=True, kw_only=True)
class MatthewsCorrelation(Counts):
    """Correlation of predicted and true classes: (c s - p t) / sqrt((s^2 - p p) (s^2 - t t)).

    s samples, c of them right; p and t: (K,) count how often each class is predicted and true. 1 is perfect, 0 no
    better than chance, and 0 too where all predictions, or all samples, are of one class. The same as scikit-learn's
    `matthews_corrcoef`.
    Source: Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", Computational
    Biology and Chemistry 28, 2004.
    """

    examples: ClassVar = (Example(),)

    def result(self, state: np.ndarray) -> float:
        """The correlation."""
        right, predicted, true = state
        samples = true.sum()
        if not samples:
            return float("nan")
        together = right.sum() * samples - predicted @ true
        spread = (samples**2 - predicted @ predicted) * (samples**2 - true @ true)
        return float(together / sqrt(spread)) if spread else 0.0
