"""How long a training takes, about, found out before it begins."""

from math import ceil

from dlcli.config.build_any import AnyBuilt
from dlcli.data.load import Loaded

PAYS = 4.0
"""Seconds with NumPy's kernels from which on it pays to prepare: to import Numba, to start processes that will draw."""
A_STEP, A_FLOP = 1e-4, 5e-11
"""Seconds, about; the same numbers on every machine, so that a configuration has the same kernels everywhere."""


def lasts(built: AnyBuilt, loaded: Loaded) -> bool:
    """Whether the training takes so long that it pays to prepare for it."""
    return seconds(built, loaded) >= PAYS


def seconds(built: AnyBuilt, loaded: Loaded) -> float:
    """About how long the whole training takes with NumPy's kernels."""
    training = built.config.training
    batches = ceil(len(loaded.train) / training.batch_size)
    steps = training.steps or (training.epochs or 1) * ceil(batches / training.accumulate)
    samples = steps * training.accumulate * min(training.batch_size, len(loaded.train))
    return steps * A_STEP + 3 * built.model.flops * samples * A_FLOP
