"""The contract of metrics that need all predictions of a split at once."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from dlcli.core.metric import Metric


@dataclass(frozen=True, kw_only=True)
class SplitMetric(Metric):
    """A figure over a whole split, such as one that depends on the order of all scores.

    No sum over batches gives it, so it is computed where all predictions can be kept: on validation, test and
    evaluation, never on the batches of a training. Its only figures of an epoch are therefore `val_...`.
    """

    @abstractmethod
    def compute(self, y_true: np.ndarray, y_pred: np.ndarray) -> float:
        """The figure of y_true as `Target` says and y_pred: (N, ...), all samples of a split in order; may be NaN."""
        raise NotImplementedError
