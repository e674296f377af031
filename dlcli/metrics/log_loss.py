"""log_loss: how surprised the model is by the truth."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.memory import Memory
from dlcli.metrics._probabilities import Probabilities, taken


@dataclass(frozen=True, kw_only=True)
class LogLoss(Probabilities):
    """Mean of -log p, p the probability that the model gave to the true class, in nats.

    log K is what a guess among K classes costs. p is kept off 0 and 1 by the rounding of the model's own precision,
    1.2e-7 in float32. The same as scikit-learn's `log_loss`. Where the loss is a cross-entropy, the two figures are one
    but for regularization, label smoothing, class weights and mistakes of which the model is surer than that.
    """

    examples: ClassVar = (Example(),)

    def costs(self, p: np.ndarray, true: np.ndarray, memory: Memory, *, rounding: float) -> np.ndarray:
        """-log p."""
        own = taken(p, true, memory)
        np.clip(own, rounding, 1 - rounding, out=own)
        np.log(own, out=own)
        return np.negative(own, out=own)
