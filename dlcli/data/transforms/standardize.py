"""standardize: mean 0 and standard deviation 1, as seen in the training split."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.transform import Samples, State, Transform, widened
from dlcli.data.moments import moments
from dlcli.data.pieces import pieces


@dataclass(frozen=True, kw_only=True)
class Standardize(Transform):
    """y = (x - mean) / std, with mean and standard deviation of the training samples.

    x: (N, ...) -> y: (N, ...). `per_feature` (default true): each place of a sample has a mean and a
    deviation of its own; false: one for all numbers, as suits images. Where all training values are
    equal the deviation counts as 1, so that such a feature becomes 0. The deviation divides by N, as
    scikit-learn's `StandardScaler` and Keras' `Normalization` do. State: `mean`, `std`, float64.
    """

    examples: ClassVar = (
        Example({}, (4,)),
        Example({"per_feature": False}, (3, 3)),
        Example({}, ()),
    )

    per_feature: bool = True

    def fit(self, x: Samples, rows: np.ndarray) -> State:
        """Mean and standard deviation of `x[rows]`, read once."""
        mean, std = moments(pieces(x, rows), axis=0 if self.per_feature else None)
        return {"mean": mean, "std": std}

    def apply(self, x: np.ndarray, out: np.ndarray, state: State) -> None:
        """Writes (x - mean) / std to out."""
        np.subtract(widened(x, out), state["mean"], out=out, casting="same_kind")
        np.divide(out, state["std"], out=out, casting="same_kind")
