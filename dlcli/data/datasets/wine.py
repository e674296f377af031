"""wine: three growers of wine by thirteen chemical measures."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import Rate
from dlcli.core.target import DataSpec
from dlcli.data import shipped_table


@dataclass(frozen=True, kw_only=True)
class Wine(Dataset):
    """178 wines of three growers, told apart by 13 chemical measures; shipped inside the package.

    x: (178, 13) float32: alcohol, malic acid, ash, alcalinity, magnesium, phenols, flavanoids, other phenols,
    proanthocyanins, colour, hue, OD280/OD315, proline; labels `class_0`, `class_1`, `class_2`. `test_split` is 0.2 by
    default, drawn by the run's seed. Features differ in scale: use `preprocessing: [standardize]`.

    Source: S. Aeberhard, M. Forina, "Wine", UCI Machine Learning Repository, 1992, doi 10.24432/C5PC7J, CC BY 4.0, by
    way of scikit-learn's copy.
    """

    examples: ClassVar = (
        Example({}, (13,)),
        Example({"validation_split": 0.2, "preprocessing": ["standardize"]}, (13,)),
    )

    test_split: Rate = 0.2

    def describe(self, env: DataEnv) -> DataSpec:
        """13 features, three growers."""
        return shipped_table.spec(13, ("class_0", "class_1", "class_2"))

    def load(self, env: DataEnv) -> Splits:
        """The table, from inside the package."""
        return shipped_table.splits("wine", self.describe(env))
