"""blobs: round clouds of points, one a class."""

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
class Blobs(Dataset):
    """Points around as many random centres as there are classes, normally distributed in every direction alike.

    x: (samples, features) float32, y: (samples,), labels `0`, `1`, ... in equal shares. `samples` (default 1000),
    `features` (2), `classes` (3), `std` (1.0: standard deviation of a cloud), `box` (10.0: centres lie between -box
    and box in every direction), `seed` (default: the run's). `test_split` is 0.2 by default. After scikit-learn's
    `make_blobs`.
    """

    examples: ClassVar = (
        Example({}, (2,)), Example({"samples": 50, "features": 3, "classes": 4, "std": 0.5, "seed": 1}, (3,)),
    )

    samples: PositiveInt = 1000
    features: PositiveInt = 2
    classes: Annotated[int, Field(ge=2)] = 3
    std: NonNegativeFloat = 1.0
    box: PositiveFloat = 10.0
    seed: NonNegativeInt | None = None
    test_split: Rate = 0.2

    def describe(self, env: DataEnv) -> DataSpec:
        """As many coordinates as `features`."""
        return plane.spec(self.features, self.classes)

    def load(self, env: DataEnv) -> Splits:
        """Draws the points."""
        rng = plane.generator("blobs", self.seed, env)
        centres = rng.uniform(-self.box, self.box, (self.classes, self.features))
        y = np.arange(self.samples) % self.classes
        x = centres[y] + self.std * rng.standard_normal((self.samples, self.features))
        return plane.splits(x, y, self.describe(env), rng)
