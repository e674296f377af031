"""average_precision: the area under the curve of precision against recall."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.metrics._ranking import Ranking, below


@dataclass(frozen=True, kw_only=True)
class AveragePrecision(Ranking):
    """Area under the precision-recall curve, PR-AUC: sum_n (recall_n - recall_(n-1)) precision_n over all thresholds.

    What a guess scores is the share of the class, so unlike `roc_auc` it tells how hard a rare class is to find. Of two
    classes it is the figure of class 1; of more each class is held against the rest, and `average` is the plain mean
    (`macro`) over the classes that have samples in and outside of them, or one weighted by their samples (`weighted`).
    The same as scikit-learn's `average_precision_score`, which does not interpolate between thresholds.
    It needs all predictions of a split: only on validation and test.
    """

    examples: ClassVar = (Example(), Example({"average": "weighted"}))

    def score(self, inside: np.ndarray, outside: np.ndarray) -> float:
        """Mean over the samples of the class of the precision at a threshold of their score."""
        found = len(inside) - np.searchsorted(inside, inside, "left")
        wrong = len(outside) - np.searchsorted(outside, inside, "left")
        return float(np.mean(found / (found + wrong)))

    def of_draws(
        self, inside: np.ndarray, outside: np.ndarray, *, drawn_inside: np.ndarray, drawn_outside: np.ndarray,
    ) -> np.ndarray:
        """Mean over the drawn samples of the class; NaN where there are none, or no others."""
        samples, others = drawn_inside.sum(axis=1, keepdims=True), drawn_outside.sum(axis=1, keepdims=True)
        found = samples - below(drawn_inside, inside, inside, "left")
        taken = others - below(drawn_outside, outside, inside, "left")
        taken += found
        precision = np.divide(found, taken, out=found, where=taken > 0)
        precision *= drawn_inside
        return np.where(others > 0, precision.sum(axis=1, keepdims=True) / samples, np.nan)[:, 0]
