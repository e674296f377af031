"""Series in the order of time as samples: a window of values, and what comes after it."""

import numpy as np

from dlcli.core.dataset import Split, Splits
from dlcli.core.target import DataSpec, Target
from dlcli.data.windows import windows
from dlcli.errors import DataError


def spec(window: int, horizon: int, features: int) -> DataSpec:
    """(window, features) numbers, then `horizon` numbers."""
    target = Target(kind="numbers", shape=(horizon,))
    return DataSpec(input_shape=(window, features), dtype="float32", target=target)


def splits(features: np.ndarray, target: np.ndarray, window: int, horizon: int, where: str) -> Splits:
    """All windows of features: (T, F), with the `horizon` values of target: (T,) after each; they share the memory.

    Raises DataError for a series that is too short.
    """
    count = len(target) - window - horizon + 1
    if count < 1:
        raise DataError(
            f"a window of {window} and a horizon of {horizon} need a series of {window + horizon} steps at least; "
            f"found {len(target)}", where=where,
            hint="give a longer series, or a smaller dataset.window or dataset.horizon",
        )
    split = Split(
        x=windows(features, window, count), y=windows(target, horizon, count, start=window),
        rows=np.arange(count, dtype=np.intp),
    )
    return Splits(spec=spec(window, horizon, features.shape[1]), train=split)
