"""Weights of samples as data sets bring them: how much each counts in training."""

import numpy as np

from dlcli.errors import DataError


def sample_weights(values: np.ndarray, samples: int, *, where: str, name: str) -> np.ndarray:
    """Weights: (samples,) in float64.

    Raises DataError unless there is a number for each sample, none of them below 0 and some above.
    """
    if values.shape != (samples,) or values.dtype.kind not in "buif":
        raise DataError(
            f"{name} should hold one number for each of {samples} samples, shape ({samples},); found {values.dtype} of "
            f"shape {values.shape}", where=where, hint="write it again from the same rows as x and y",
        )
    weights = values.astype(np.float64)
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        raise DataError(
            f"{name} has {weights[wrong[0]]:g} in row {wrong[0]}; weights are finite and not below 0 "
            f"({len(wrong)} row(s) are not)", where=where, hint="give a sample that is not to count the weight 0",
        )
    if not weights.any():
        raise DataError(
            f"all of {name} are 0: no sample would count", where=where,
            hint="leave the array out, or give weights above 0",
        )
    return weights
