"""diabetes: how diabetes went on within a year, from ten measures."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import Rate
from dlcli.core.target import DataSpec
from dlcli.data import shipped_table


@dataclass(frozen=True, kw_only=True)
class Diabetes(Dataset):
    """How far diabetes of 442 patients went on within a year, from ten measures; shipped inside the package.

    x: (442, 10) float32 as measured: age in years, sex (1, 2), body mass index, mean blood pressure, six blood serum
    values; y: (442,) float32, 25 to 346. `test_split` is 0.2 by default, drawn by the run's seed. Features differ in
    scale: use `preprocessing: [standardize]`. The best models leave a mean absolute error of about 42.

    Source: B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, "Least angle regression", 2004, by way of scikit-learn's
    copy.
    """

    examples: ClassVar = (
        Example({}, (10,)),
        Example({"validation_split": 0.2, "preprocessing": ["standardize"]}, (10,)),
    )

    test_split: Rate = 0.2

    def describe(self, env: DataEnv) -> DataSpec:
        """Ten features, one number."""
        return shipped_table.spec(10)

    def load(self, env: DataEnv) -> Splits:
        """The table, from inside the package."""
        return shipped_table.splits("diabetes", self.describe(env))
