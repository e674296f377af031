"""A moving average of parameters: what evaluation and prediction use where `training.ema` is set."""

import numpy as np

from dlcli.core.memory import Memory


class Average:
    """Follows theta, `values` being a vector like it.

    What training has found in noisy steps is nearer to the middle of them than to the last one.
    Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
    """

    def __init__(self, values: np.ndarray, momentum: float) -> None:
        self.values = values
        self.momentum = momentum
        self._memory = Memory(values.dtype)

    def follow(self, theta: np.ndarray, *, step: int) -> None:
        """After the `step`th step, from 1; step 0 begins with theta as it is."""
        if step <= 1:
            self.values[:] = theta
            return
        difference = np.subtract(theta, self.values, out=self._memory.empty("difference", theta.shape))
        difference *= 1 - self.momentum
        self.values += difference

    @property
    def nbytes(self) -> int:
        """Bytes of the average and of working memory."""
        return self.values.nbytes + self._memory.nbytes
