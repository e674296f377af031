"""sine: a wave to be continued."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, Rate
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec
from dlcli.data import forecasts


@dataclass(frozen=True, kw_only=True)
class Sine(Dataset):
    """A sine wave in windows: s_t = sin(2 pi t / period) + noise e_t, from which the next values are to be foretold.

    x: (N, window, 1) float32, y: (N, horizon). `samples` (default 1000) is N, `window` (10) how many values are seen,
    `horizon` (1) how many are wanted, `period` (50.0) the steps of one wave; e_t is drawn from a standard normal
    distribution, `noise` (0.0) its factor, `seed` (default: the run's) its seed. The samples lie in the order of time:
    `test_split` (0.2) is the last share, `validation_split` the one before it, and no target is in two splits.
    """

    examples: ClassVar = (
        Example({}, (10, 1)),
        Example({"samples": 60, "window": 5, "horizon": 3, "noise": 0.1, "seed": 1, "validation_split": 0.2}, (5, 1)),
    )

    samples: PositiveInt = 1000
    window: PositiveInt = 10
    horizon: PositiveInt = 1
    period: PositiveFloat = 50.0
    noise: NonNegativeFloat = 0.0
    seed: NonNegativeInt | None = None
    test_split: Rate = 0.2

    @property
    def spacing(self) -> int:
        """Targets of neighbours share all values but one."""
        return self.horizon

    def describe(self, env: DataEnv) -> DataSpec:
        """`window` values of one feature, `horizon` numbers."""
        return forecasts.spec(self.window, self.horizon, 1)

    def load(self, env: DataEnv) -> Splits:
        """The wave."""
        steps = self.samples + self.window + self.horizon - 1
        wave = np.sin(2 * np.pi * np.arange(steps) / self.period)
        if self.noise:
            rng = Streams(env.seed if self.seed is None else self.seed).fresh("sine")
            wave += self.noise * rng.standard_normal(steps)
        series = wave.astype(np.float32)
        return forecasts.splits(series[:, None], series, self.window, self.horizon, "dataset sine")
