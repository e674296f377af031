"""moons: two half circles that reach into each other."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import NonNegativeFloat, NonNegativeInt, PositiveInt, Rate
from dlcli.core.target import DataSpec
from dlcli.data import plane


@dataclass(frozen=True, kw_only=True)
class Moons(Dataset):
    """Points on two half circles: (cos t, sin t) of class 0 and (1 - cos t, 1/2 - sin t) of class 1, 0 <= t <= pi.

    x: (samples, 2) float32, y: (samples,), labels `0`, `1` in equal shares. `samples` (default 1000), `noise` (0.1: the
    standard deviation of what is added to both coordinates), `seed` (default: the run's). `test_split` is 0.2 by
    default. No straight line tells the two apart. After scikit-learn's `make_moons`.
    """

    examples: ClassVar = (Example({}, (2,)), Example({"samples": 61, "noise": 0.0, "seed": 1}, (2,)))

    samples: PositiveInt = 1000
    noise: NonNegativeFloat = 0.1
    seed: NonNegativeInt | None = None
    test_split: Rate = 0.2

    def describe(self, env: DataEnv) -> DataSpec:
        """Two coordinates, two classes."""
        return plane.spec(2, 2)

    def load(self, env: DataEnv) -> Splits:
        """Draws the points."""
        rng = plane.generator("moons", self.seed, env)
        outer, inner = (np.linspace(0, np.pi, n) for n in (self.samples - self.samples // 2, self.samples // 2))
        x = np.concatenate([
            np.stack([np.cos(outer), np.sin(outer)], 1), np.stack([1 - np.cos(inner), 0.5 - np.sin(inner)], 1),
        ])
        y = np.repeat([0, 1], [len(outer), len(inner)])
        return plane.splits(x + self.noise * rng.standard_normal(x.shape), y, self.describe(env), rng)
