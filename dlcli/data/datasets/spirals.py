"""spirals: arms that wind around each other."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, Rate
from dlcli.core.target import DataSpec
from dlcli.data import plane


@dataclass(frozen=True, kw_only=True)
class Spirals(Dataset):
    """Points on spiral arms: r (cos a, sin a) with a = 2 pi (turns r + k / classes) for class k and 0 < r <= 1.

    x: (samples, 2) float32, within the unit circle but for noise; y: (samples,), labels `0`, `1`, ... in equal shares.
    `samples` (default 1000), `classes` (2: the arms), `turns` (1.5: how often an arm goes around), `noise` (0.02: the
    standard deviation of what is added to both coordinates), `seed` (default: the run's). `test_split` is 0.2 by
    default. A small net without a hidden layer is at a loss here; two hidden ones draw the spirals.
    """

    examples: ClassVar = (
        Example({}, (2,)), Example({"samples": 62, "classes": 3, "turns": 0.5, "noise": 0.0, "seed": 1}, (2,)),
    )

    samples: PositiveInt = 1000
    classes: Annotated[int, Field(ge=2)] = 2
    turns: PositiveFloat = 1.5
    noise: NonNegativeFloat = 0.02
    seed: NonNegativeInt | None = None
    test_split: Rate = 0.2

    def describe(self, env: DataEnv) -> DataSpec:
        """Two coordinates, a class an arm."""
        return plane.spec(2, self.classes)

    def load(self, env: DataEnv) -> Splits:
        """Draws the points."""
        rng = plane.generator("spirals", self.seed, env)
        y = np.arange(self.samples) % self.classes
        r = np.sqrt(1 - rng.random(self.samples))  # as dense outside as inside; never 0, where all arms meet
        angle = 2 * np.pi * (self.turns * r + y / self.classes)
        x = r[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        return plane.splits(x + self.noise * rng.standard_normal(x.shape), y, self.describe(env), rng)
