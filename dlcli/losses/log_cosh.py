"""log_cosh: squared where errors are small, absolute where they are large, smooth everywhere."""

from dataclasses import dataclass
from math import log
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.losses._errors import OfErrors


@dataclass(frozen=True, kw_only=True)
class LogCosh(OfErrors):
    """L = mean_k log(cosh(e_k)), with e = y_pred - y_true.

    y_pred: (N, ...), y_true of the same size, or integers (N, ...) of as many classes, which count as one-hot rows.
    Computed as |e| + log1p(exp(-2 |e|)) - log 2, which does not overflow; the derivative is tanh(e).
    """

    examples: ClassVar = (Example({}, (3,)), Example({}, (1,)), Example({}, (2, 3)))

    def write_terms(self, ctx: Context, error: np.ndarray, out: np.ndarray) -> None:
        """The sum of three parts."""
        size = np.abs(error, out=ctx.empty("size", error.shape))
        np.multiply(size, -2, out=out)
        np.exp(out, out=out)
        np.log1p(out, out=out)
        out -= log(2)
        out += size

    def write_slopes(self, ctx: Context, error: np.ndarray, out: np.ndarray) -> None:
        """The hyperbolic tangent."""
        np.tanh(error, out=out)
