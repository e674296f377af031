"""iris: three kinds of iris by four measures of a flower."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import Rate
from dlcli.core.target import DataSpec
from dlcli.data import shipped_table


@dataclass(frozen=True, kw_only=True)
class Iris(Dataset):
    """150 irises of three kinds, 50 each, told apart by four lengths in centimetres; shipped inside the package.

    x: (150, 4) float32: length and width of sepal and of petal; labels `setosa`, `versicolor`, `virginica`. One kind is
    easily told, the other two overlap. `test_split` is 0.2 by default, drawn by the run's seed.

    Source: R. Fisher, "The use of multiple measurements in taxonomic problems", 1936; UCI Machine Learning Repository,
    doi 10.24432/C56C76, CC BY 4.0, by way of scikit-learn's copy.
    """

    examples: ClassVar = (
        Example({}, (4,)),
        Example({"validation_split": 0.2, "preprocessing": ["standardize"]}, (4,)),
    )

    test_split: Rate = 0.2

    def describe(self, env: DataEnv) -> DataSpec:
        """Four features, three kinds."""
        return shipped_table.spec(4, ("setosa", "versicolor", "virginica"))

    def load(self, env: DataEnv) -> Splits:
        """The table, from inside the package."""
        return shipped_table.splits("iris", self.describe(env))
