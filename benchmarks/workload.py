"""What is measured: a model, its data and its optimizer, the same for everybody who trains it."""

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST = 48_000_000
"""Bytes of inputs at most; they are gone through again and again."""
CLASSES, BITS, NUMBERS, TOKENS = "classes", "bits", "numbers", "tokens"


@dataclass(frozen=True, kw_only=True)
class Workload:
    """`layers` as in a YAML, for samples x: `in_shape` in batches of `batch`.

    `targets`: CLASSES (`classes` of them), BITS, NUMBERS, or TOKENS, where x are ids and every place has a next one.
    `inference` measures predictions alone. `goal`: how many times as fast as the best peer dlcli is to be, with NumPy
    alone and with Numba. `tolerance`: by how much the mean loss of the first steps may differ, relatively; where a
    dropout draws at random it is wider.
    """

    name: str
    title: str
    layers: Sequence[Any]
    in_shape: tuple[int, ...]
    batch: int
    targets: str
    classes: int = 0
    optimizer: dict[str, Any]
    clip: float | None = None
    inference: bool = False
    goal: tuple[float, float]
    tolerance: float = 2e-3

    @property
    def batches(self) -> int:
        """How many batches the data has: enough that what is done once an epoch weighs little."""
        return max(8, min(256, MOST // (4 * self.batch * int(np.prod(self.in_shape)))))

    @property
    def loss(self) -> str:
        """The loss by its YAML type."""
        return {BITS: "binary_crossentropy", NUMBERS: "mse"}.get(self.targets, "categorical_crossentropy")

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """x: (N, *in_shape) float32 and y, made from a fixed seed: noise that the model may learn by heart."""
        rng = np.random.default_rng(42)
        shape = (self.batches * self.batch, *self.in_shape)
        if self.targets == TOKENS:
            ids = rng.integers(0, self.classes, (len_ := shape[0], shape[1] + 1))
            return ids[:, :-1].astype(np.float32), ids[:len_, 1:].astype(np.int64)
        x = rng.random(shape, np.float32)
        if self.targets == NUMBERS:
            return x, rng.random((len(x), 1), np.float32)
        return x, rng.integers(0, self.classes if self.targets == CLASSES else 2, len(x))


def workloads() -> list[Workload]:
    """All of them: what the files in `workloads/` list."""
    package = importlib.import_module("benchmarks.workloads")
    modules = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    found = [importlib.import_module(f"benchmarks.workloads.{name}") for name in modules]
    return [workload for module in found for workload in module.WORKLOADS]
