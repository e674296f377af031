"""boston_housing: the value of homes in 506 towns and quarters around Boston."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import Rate
from dlcli.core.target import DataSpec
from dlcli.data import housing
from dlcli.data.fetch import Mirror
from dlcli.data.housing import Content
from dlcli.data.single import Single

_CONTENT = Content(
    ("CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT", "MEDV"),
    506, 22.532806,
)
_CSV = "https://raw.githubusercontent.com/selva86/datasets/master/BostonHousing.csv"


@dataclass(frozen=True, kw_only=True)
class BostonHousing(Dataset):
    """Median value of owner-occupied homes, in thousand dollars of 1970, from 13 features of 506 tracts.

    x: (506, 13) float32 in the order CRIM, ZN, INDUS, CHAS, NOX, RM, AGE, DIS, RAD, TAX, PTRATIO, B, LSTAT; y: (506,),
    5 to 50, cut off at 50. Features differ in scale a thousandfold: use `preprocessing: [standardize]`. Searched
    for as `boston_housing.csv` (with a header), `boston_housing/boston_housing.csv` or Keras' `boston_housing.npz` in
    `DLCLI_DATA_DIR`, then in the cache; else fetched. `test_split` is 0.2 by default, drawn by the run's seed, where
    Keras always sets the same 102 aside. The data holds an assumption about race (B) that has not aged well; it is
    for comparison with older work only.

    Source: D. Harrison, D. Rubinfeld, "Hedonic prices and the demand for clean air", 1978; StatLib.
    """

    examples: ClassVar = (
        Example({"fallback": "diabetes"}),
        Example({"validation_split": 0.1, "fallback": "diabetes", "preprocessing": ["standardize"]}),
    )
    collection: ClassVar[Single] = housing.housing(
        "boston_housing", _CONTENT, [Mirror(_CSV, "boston_housing/boston_housing.csv")],
    )

    test_split: Rate = 0.2

    def describe(self, env: DataEnv) -> DataSpec:
        """13 features, one number."""
        return housing.describe(_CONTENT)

    def load(self, env: DataEnv) -> Splits:
        """The table, from the data directory, the cache, or a mirror."""
        return housing.splits(self.collection, _CONTENT, env)
