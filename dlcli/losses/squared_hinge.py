"""squared_hinge: the square of how far scores are from the right side of a margin."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.losses._margin import OfMargins


@dataclass(frozen=True, kw_only=True)
class SquaredHinge(OfMargins):
    """L = mean_k max(0, 1 - t_k z_k)^2 over the scores z of a sample, with t = 1 where y_true > 0, else -1.

    y_pred: (N, 1) scores with labels 0 and 1 (N,), or (N, ...) with as many labels a sample, 0 and 1 or -1 and 1 as in
    Keras. Integers (N,) of K > 2 classes count as one-hot rows for K outputs. Where a `step` comes right before it, or
    with `from_logits: true`, the predictions are 1 where z > 0, else 0; otherwise they are the scores as they are. It
    is smooth where `hinge` has its kink.
    """

    examples: ClassVar = (Example({"from_logits": True}, (1,)), Example({}, (3,)))

    def terms_of(self, ctx: Context, missing: np.ndarray) -> np.ndarray:
        """Squared."""
        return np.square(missing, out=ctx.empty("terms", missing.shape))

    def write_slopes(self, missing: np.ndarray, out: np.ndarray) -> None:
        """Twice what is missing."""
        np.multiply(missing, 2, out=out)
