"""Running means of gradients, in place."""

import numpy as np


def follow(mean: np.ndarray, value: np.ndarray, keep: float, work: np.ndarray) -> None:
    """mean = keep * mean + (1 - keep) * value."""
    mean *= keep
    mean += np.multiply(value, 1 - keep, out=work)


def follow_square(mean: np.ndarray, value: np.ndarray, keep: float, work: np.ndarray) -> None:
    """mean = keep * mean + (1 - keep) * value^2."""
    mean *= keep
    np.square(value, out=work)
    work *= 1 - keep
    mean += work
