"""matthews_correlation: how far predicted and true classes go together."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.metrics._counts import Counts, ratio


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

    def of_counts(self, right: np.ndarray, predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
        """The correlation."""
        samples = true.sum(axis=-1)
        together = right.sum(axis=-1) * samples - (predicted * true).sum(axis=-1)
        of_predicted, of_true = (samples**2 - np.square(counts).sum(axis=-1) for counts in (predicted, true))
        return ratio(together, np.sqrt(of_predicted * of_true))
