"""standardize: mean 0 and standard deviation 1, as seen in the training split."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.transform import Samples, State, Transform, widened
from dlcli.data.pieces import pieces


@dataclass(frozen=True, kw_only=True)
class Standardize(Transform):
    """y = (x - mean) / std, with mean and standard deviation of the training samples.

    x: (N, ...) -> y: (N, ...). `per_feature` (default true): each place of a sample has a mean and a
    deviation of its own; false: one for all numbers, as suits images. Where all training values are
    equal the deviation counts as 1, so that such a feature becomes 0. The deviation divides by N, as
    scikit-learn's `StandardScaler` and Keras' `Normalization` do. State: `mean`, `std`, float64.

    Source: the moments of pieces are merged as in Chan, Golub and LeVeque, "Updating formulae and a
    pairwise algorithm for computing sample variances", Stanford STAN-CS-79-773, 1979.
    """

    examples: ClassVar = (
        Example({}, (4,)),
        Example({"per_feature": False}, (3, 3)),
        Example({}, ()),
    )

    per_feature: bool = True

    def fit(self, x: Samples, rows: np.ndarray) -> State:
        """Mean and standard deviation of `x[rows]`, read once."""
        axis = 0 if self.per_feature else None
        count, mean, square = 0, np.zeros(()), np.zeros(())
        for piece in pieces(x, rows):
            more = len(piece) if self.per_feature else piece.size
            piece_mean = np.asarray(piece.mean(axis=axis))
            piece_square = np.square(piece - piece_mean).sum(axis=axis)
            step = piece_mean - mean
            total = count + more
            mean = mean + step * (more / total)
            square = square + piece_square + np.square(step) * (count * more / total)
            count = total
        std = np.sqrt(square / max(1, count))
        # A constant feature's deviation is rounding error, about 1e-16 of its size, where it is not 0.
        constant = std <= 1e-14 * np.abs(mean)
        return {"mean": np.asarray(mean), "std": np.asarray(np.where(constant, 1.0, std))}

    def apply(self, x: np.ndarray, out: np.ndarray, state: State) -> None:
        """Writes (x - mean) / std to out."""
        np.subtract(widened(x, out), state["mean"], out=out, casting="same_kind")
        np.divide(out, state["std"], out=out, casting="same_kind")
