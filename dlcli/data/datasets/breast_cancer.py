"""breast_cancer: tumours, malignant or benign, by thirty measures of their cells."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import Rate
from dlcli.core.target import DataSpec
from dlcli.data import shipped_table


@dataclass(frozen=True, kw_only=True)
class BreastCancer(Dataset):
    """569 tumours, 212 malignant and 357 benign, told apart by 30 measures of their cells; shipped inside the package.

    x: (569, 30) float32: mean, error and worst of radius, texture, perimeter, area, smoothness, compactness, concavity,
    concave points, symmetry and fractal dimension; labels `malignant`, `benign`. `test_split` is 0.2 by default, drawn
    by the run's seed. Features differ in scale: use `preprocessing: [standardize]`.

    Source: W. Wolberg, O. Mangasarian, N. Street, W. Street, "Breast Cancer Wisconsin (Diagnostic)", UCI Machine
    Learning Repository, 1993, doi 10.24432/C5DW2B, CC BY 4.0, by way of scikit-learn's copy.
    """

    examples: ClassVar = (
        Example({}, (30,)),
        Example({"validation_split": 0.2, "preprocessing": ["standardize"]}, (30,)),
    )

    test_split: Rate = 0.2

    def describe(self, env: DataEnv) -> DataSpec:
        """30 features, two kinds."""
        return shipped_table.spec(30, ("malignant", "benign"))

    def load(self, env: DataEnv) -> Splits:
        """The table, from inside the package."""
        return shipped_table.splits("breast_cancer", self.describe(env))
