"""huber: squared where errors are small, absolute where they are large."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import PositiveFloat
from dlcli.losses._errors import OfErrors


@dataclass(frozen=True, kw_only=True)
class Huber(OfErrors):
    """L = mean_k e_k^2 / 2 where |e_k| <= delta, else delta (|e_k| - delta / 2), with e = y_pred - y_true.

    y_pred: (N, ...), y_true of the same size, or integers (N, ...) of as many classes, which count as one-hot rows.
    `delta` is the error from which on the slope stays the same, in the unit of the target.
    Source: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 1964.
    """

    examples: ClassVar = (Example({}, (3,)), Example({"delta": 0.3}, (1,)), Example({"delta": 2.0}, (2, 3)))

    delta: PositiveFloat = 1.0

    def write_terms(self, ctx: Context, error: np.ndarray, out: np.ndarray) -> None:
        """c (|e| - c / 2) with c = min(|e|, delta): both branches at once."""
        near = ctx.empty("near", error.shape)
        np.abs(error, out=out)
        np.minimum(out, self.delta, out=near)
        out *= near
        np.square(near, out=near)
        near *= 0.5
        out -= near

    def write_slopes(self, ctx: Context, error: np.ndarray, out: np.ndarray) -> None:
        """The error, cut off at delta."""
        np.clip(error, -self.delta, self.delta, out=out)
