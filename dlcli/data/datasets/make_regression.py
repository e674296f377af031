"""make_regression: numbers that follow a straight line, and noise."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import Float, NonNegativeFloat, NonNegativeInt, PositiveInt, Rate
from dlcli.core.target import DataSpec, Target
from dlcli.data import plane
from dlcli.data.splits import whole


@dataclass(frozen=True, kw_only=True)
class MakeRegression(Dataset):
    """y = x . w + bias + noise e: random features, of which some count.

    x: (samples, features) float32, standard normal; y: (samples, targets) float32. `samples` (default 1000),
    `features` (10), of which `informative` (5) have a weight, drawn between 0 and 100 for each target, and the others
    none; `targets` (1), `bias` (0.0), `noise` (1.0: the standard deviation of what is added to y), `seed` (default:
    the run's). `test_split` is 0.2 by default. The features that count are in random places. The best mean
    squared error is noise^2. After scikit-learn's `make_regression`, whose noise is 0 by default.
    """

    examples: ClassVar = (
        Example({}, (10,)),
        Example({"samples": 50, "features": 4, "informative": 4, "targets": 2, "bias": 3.0, "seed": 1}, (4,)),
    )

    samples: PositiveInt = 1000
    features: PositiveInt = 10
    informative: PositiveInt = 5
    targets: PositiveInt = 1
    bias: Float = 0.0
    noise: NonNegativeFloat = 1.0
    seed: NonNegativeInt | None = None
    test_split: Rate = 0.2

    def __post_init__(self) -> None:
        if self.informative > self.features:
            raise ValueError(
                f"informative must be at most features; found informative {self.informative} and features "
                f"{self.features}"
            )

    def describe(self, env: DataEnv) -> DataSpec:
        """As many numbers as `features`, then as many as `targets`."""
        target = Target(kind="numbers", shape=(self.targets,))
        return DataSpec(input_shape=(self.features,), dtype="float32", target=target)

    def load(self, env: DataEnv) -> Splits:
        """Draws the samples."""
        rng = plane.generator("make_regression", self.seed, env)
        x = rng.standard_normal((self.samples, self.features))
        weights = np.zeros((self.features, self.targets))
        counting = rng.permutation(self.features)[:self.informative]
        weights[counting] = rng.uniform(0, 100, (self.informative, self.targets))
        y = x @ weights + self.bias + self.noise * rng.standard_normal((self.samples, self.targets))
        return Splits(spec=self.describe(env), train=whole(x.astype(np.float32), y.astype(np.float32)))
