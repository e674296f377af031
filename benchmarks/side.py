"""One who takes part: dlcli, or a framework."""

import importlib
import importlib.util
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from benchmarks.workload import Workload

Pace = Callable[[Callable[[], float]], None]
"""Called after every step with what tells its loss, and waits for its result; decides when the next step may begin."""


class Side(ABC):
    """Trains or predicts one workload, starting from given weights.

    `weights` are dlcli's parameters by name, such as `dense/kernel`. `needs`: the packages without which it cannot
    take part. `environ`: what the environment must hold before any library is imported. A `bare` one makes steps as
    fast as its library can, without a training loop around them: it is shown, and no peer that trains.
    """

    label: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    bare: ClassVar[bool] = False
    environ: ClassVar[Mapping[str, str]] = {}

    def __init__(self, workload: Workload, weights: Mapping[str, np.ndarray], *, threads: int) -> None:
        self.workload = workload
        self.weights = weights
        self.threads = threads

    @classmethod
    def takes(cls, workload: Workload) -> bool:
        """Whether it can do such a thing at all."""
        return True

    @abstractmethod
    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        """The mean loss of one batch before any training, without dropout."""

    @abstractmethod
    def train(self, x: np.ndarray, y: np.ndarray, pace: Pace) -> None:
        """Steps through the data, batch by batch in order and over again, until `pace` ends it by an exception."""

    @abstractmethod
    def predict(self, x: np.ndarray, pace: Pace) -> None:
        """As `train`, but predicts; the `loss` that pace gets is the sum of the predictions' first column."""

    def batches(self, *arrays: np.ndarray) -> list[tuple[np.ndarray, ...]]:
        """The data cut into batches."""
        size = self.workload.batch
        return [tuple(a[i:i + size] for a in arrays) for i in range(0, len(arrays[0]), size)]


def sides() -> dict[str, type[Side]]:
    """All of them by the name of their file; imports no framework."""
    package = importlib.import_module("benchmarks.sides")
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"benchmarks.sides.{module.name}")
        found[module.name] = next(
            c for c in vars(loaded).values()
            if isinstance(c, type) and issubclass(c, Side) and c.__module__ == loaded.__name__
        )
    return found


def missing(side: type[Side]) -> list[str]:
    """What would have to be installed."""
    return [name for name in side.needs if importlib.util.find_spec(name) is None]
