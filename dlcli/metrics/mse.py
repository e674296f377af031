"""mse: the mean square of how far predictions are off."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.metrics._errors import Errors


@dataclass(frozen=True, kw_only=True)
class Mse(Errors):
    """Mean squared error: mean (y_pred - y_true)^2 over all numbers of all samples.

    The same as scikit-learn's `mean_squared_error` and Keras' `MeanSquaredError`.
    """

    examples: ClassVar = (Example(),)

    def sizes(self, error: np.ndarray) -> np.ndarray:
        """error^2."""
        return np.square(error, out=error)
