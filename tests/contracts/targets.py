"""Made targets: what a loss or a metric may be asked to compare with."""

from collections.abc import Iterator

import numpy as np

from dlcli.core.target import Target
from dlcli.errors import ShapeError


def labels(count: int) -> tuple[str, ...]:
    return tuple(f"class {i}" for i in range(count))


def targets_for(loss, out_shape: tuple[int, ...]) -> list[Target]:
    """Targets that the loss accepts for outputs of this shape."""
    candidates = [Target(kind="numbers", shape=out_shape), Target(kind="classes", labels=labels(2))]
    if out_shape and out_shape[-1] > 1:
        candidates.append(Target(kind="classes", labels=labels(out_shape[-1]), shape=out_shape[:-1]))
    return [target for target in dict.fromkeys(candidates) if accepts(loss.check, out_shape, target)]


def accepts(check, *args) -> bool:
    try:
        check(*args)
    except ShapeError:
        return False
    return True


def truths(target: Target, out_shape: tuple[int, ...], samples: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """y for such targets, in every form in which they may come. Numbers are probabilities: no loss refuses those."""
    if target.kind == "numbers":
        yield rng.uniform(0.05, 0.95, (samples, *target.shape))
        return
    y = rng.integers(0, target.classes, (samples, *target.shape))
    yield y
    if out_shape[-1:] == (target.classes,):
        yield np.eye(target.classes)[y]


def one_hot(y: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes)[y]
