"""roc_auc: how often a sample of a class has a higher score than one that is not."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.metrics._ranking import Ranking, below


@dataclass(frozen=True, kw_only=True)
class RocAuc(Ranking):
    """Area under the ROC curve: the share of pairs, one sample in a class and one not, that its scores order rightly.

    Equal scores count half. Of two classes it is the figure of class 1; of more each class is held against the rest,
    and `average` is the plain mean (`macro`) over the classes that have samples in and outside of them, or one weighted
    by their samples (`weighted`). Exact, and the same as scikit-learn's `roc_auc_score` with `multi_class="ovr"`.
    It needs all predictions of a split: only on validation and test.
    """

    examples: ClassVar = (Example(), Example({"average": "weighted"}))

    def score(self, inside: np.ndarray, outside: np.ndarray) -> float:
        """Pairs in order / pairs, counted in halves so that all is whole numbers."""
        less, not_more = (int(np.searchsorted(outside, inside, side).sum()) for side in ("left", "right"))
        return (less + not_more) / (2 * len(inside) * len(outside))

    def of_draws(
        self, inside: np.ndarray, outside: np.ndarray, *, drawn_inside: np.ndarray, drawn_outside: np.ndarray,
    ) -> np.ndarray:
        """Pairs in order / pairs."""
        less, not_more = (below(drawn_outside, outside, inside, side) for side in ("left", "right"))
        less += not_more
        less *= drawn_inside
        return np.asarray(less.sum(axis=1) / (2 * drawn_inside.sum(axis=1) * drawn_outside.sum(axis=1)))
