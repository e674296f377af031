"""cohen_kappa: by how much predictions agree with the truth beyond chance."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.metrics._counts import Counts


@dataclass(frozen=True, kw_only=True)
class CohenKappa(Counts):
    """Agreement beyond chance: (a - e) / (1 - e), a the accuracy and e what chance would give, sum_k p_k t_k / s^2.

    s samples; p and t: (K,) count how often each class is predicted and true. 1 is perfect, 0 no better than chance;
    where all samples and all predictions are of one class it is not defined. The same as scikit-learn's
    `cohen_kappa_score`.
    Source: Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 1960.
    """

    examples: ClassVar = (Example(),)
    undefined: ClassVar[str] = "all samples and all predictions are of one class"

    def of_counts(self, right: np.ndarray, predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
        """The agreement; NaN where chance alone agrees always."""
        samples, chance = true.sum(axis=-1), (predicted * true).sum(axis=-1)
        beyond = np.asarray(samples**2 - chance)
        agreement = np.full(beyond.shape, np.nan)
        return np.divide(right.sum(axis=-1) * samples - chance, beyond, out=agreement, where=beyond > 0)
