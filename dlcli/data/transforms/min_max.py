"""min_max: brings each feature to the range it has in the training split."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import Float
from dlcli.core.transform import Samples, State, Transform, widened
from dlcli.data.pieces import pieces


@dataclass(frozen=True, kw_only=True)
class MinMax(Transform):
    """y = low + (high - low) (x - min) / (max - min), with min and max of the training samples.

    x: (N, ...) -> y: (N, ...). `low` (default 0) and `high` (default 1) are what the smallest and
    the largest training value become; other samples may lie outside. `per_feature` (default true):
    each place of a sample has a range of its own; false: one for all numbers. Where all training
    values are equal, the feature becomes `low`. State: `min`, `span` (max - min), float64. As
    scikit-learn's `MinMaxScaler`.
    """

    examples: ClassVar = (
        Example({}, (4,)),
        Example({"low": -1.0, "high": 1.0}, (2, 3)),
        Example({"per_feature": False}, (3,)),
    )

    low: Float = 0.0
    high: Float = 1.0
    per_feature: bool = True

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise ValueError(f"low must be below high; found low {self.low:g} and high {self.high:g}")

    def fit(self, x: Samples, rows: np.ndarray) -> State:
        """Smallest value and range of `x[rows]`, read once."""
        axis = 0 if self.per_feature else None
        low, high = np.asarray(np.inf), np.asarray(-np.inf)
        for piece in pieces(x, rows):
            low = np.minimum(low, piece.min(axis=axis))
            high = np.maximum(high, piece.max(axis=axis))
        span = high - low
        return {"min": np.asarray(low), "span": np.asarray(np.where(span == 0, 1.0, span))}

    def apply(self, x: np.ndarray, out: np.ndarray, state: State) -> None:
        """Writes the rescaled x to out."""
        np.subtract(widened(x, out), state["min"], out=out, casting="same_kind")
        np.divide(out, state["span"], out=out, casting="same_kind")
        if self.high - self.low != 1.0:
            np.multiply(out, self.high - self.low, out=out)
        if self.low:
            np.add(out, self.low, out=out)
