"""mae: how far predictions are off, on average."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.metrics._errors import Errors


@dataclass(frozen=True, kw_only=True)
class Mae(Errors):
    """Mean absolute error: mean |y_pred - y_true| over all numbers of all samples, in the units of the target.

    The same as scikit-learn's `mean_absolute_error` and Keras' `MeanAbsoluteError`.
    """

    examples: ClassVar = (Example(),)

    def sizes(self, error: np.ndarray) -> np.ndarray:
        """|error|."""
        return np.abs(error, out=error)
