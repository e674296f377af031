"""What augmentations share that put two samples together: who goes with whom, how much of each, and the targets."""

import numpy as np

from dlcli.core.augmentation import Augmentation
from dlcli.core.memory import Memory
from dlcli.core.target import Target
from dlcli.errors import ShapeError


def check_mixable(augmentation: Augmentation, target: Target) -> None:
    """Raises ShapeError where targets cannot be mixed."""
    if target.shape and target.kind == "classes":
        raise ShapeError(
            f"{augmentation.type_name()} mixes whole samples; these have a class for each place of a sequence",
            hint="take it out",
        )


def shares(rng: "np.random.Generator", alpha: float, count: int, memory: Memory) -> np.ndarray:
    """How much of each sample stays: (N,) from Beta(alpha, alpha), by way of two Gamma(alpha)."""
    stays, goes = (
        rng.standard_gamma(alpha, out=memory.empty(name, (count,), np.float64)) for name in ("stays", "goes")
    )
    goes += stays
    np.copyto(stays, 1, where=np.equal(goes, 0, out=memory.empty("none", (count,), bool)))  # both were too small
    np.copyto(goes, 1, where=memory.empty("none", (count,), bool))
    stays /= goes
    return stays


def partners(a: np.ndarray, steps: int, memory: Memory, name: str) -> np.ndarray:
    """For each of a: (N, ...) the one that comes `steps` later; the batch is in random order, and so are these."""
    other = memory.empty(name, a.shape, a.dtype)
    split = len(a) - steps
    other[:split], other[split:] = a[steps:], a[:steps]
    return other


def mix(a: np.ndarray, other: np.ndarray, stays: np.ndarray, memory: Memory) -> None:
    """stays a + (1 - stays) other into a: (N, ...); writes over `other`."""
    goes = memory.empty("share that goes", stays.shape, a.dtype)
    np.subtract(1, stays, out=goes, casting="same_kind")
    other -= a
    other *= goes.reshape(-1, *(1,) * (a.ndim - 1))
    a += other
