"""rmse: how far predictions are off, large errors counting for more."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.metrics._errors import Errors


@dataclass(frozen=True, kw_only=True)
class Rmse(Errors):
    """Root mean squared error: sqrt(mean (y_pred - y_true)^2) over all numbers, in the units of the target.

    The same as Keras' `RootMeanSquaredError`, and for one number a sample as scikit-learn's.
    """

    examples: ClassVar = (Example(),)

    def sizes(self, error: np.ndarray) -> np.ndarray:
        """error^2."""
        return np.square(error, out=error)

    def of_means(self, means: np.ndarray) -> np.ndarray:
        """The root of the mean."""
        return np.sqrt(means[:, 0])
