"""california_housing: the value of homes in 20,640 blocks of California."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import Rate
from dlcli.core.target import DataSpec
from dlcli.data import housing
from dlcli.data.housing import Content
from dlcli.data.single import Single

_CONTENT = Content(
    (
        "longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms", "population", "households",
        "median_income", "median_house_value",
    ),
    20_640, 206_855.8169,
)


@dataclass(frozen=True, kw_only=True)
class CaliforniaHousing(Dataset):
    """Median value of homes, in hundred thousand dollars of 1990, from 8 features of 20,640 block groups.

    x: (20640, 8) float32, y: (20640,), 0.15 to 5, cut off at 5. The target is in scikit-learn's unit, which trains
    well, where Keras has dollars. Features differ in scale: use `preprocessing: [standardize]`. Searched for as
    `california_housing.csv`, with longitude, latitude, housing_median_age, total_rooms, total_bedrooms, population,
    households, median_income and, in dollars, median_house_value in its header, which are taken in this order, or as
    Keras' `california_housing.npz`, whose columns are taken as they lie; in `DLCLI_DATA_DIR`, its folder
    `california_housing/`, then in the cache; else Keras' file is fetched. `test_split` is 0.2 by default, drawn by the
    run's seed.

    Source: R. Pace, R. Barry, "Sparse spatial autoregressions", 1997; StatLib.
    """

    examples: ClassVar = (
        Example({"fallback": "diabetes"}),
        Example({"validation_split": 0.1, "fallback": "diabetes", "preprocessing": ["standardize"]}),
    )
    collection: ClassVar[Single] = housing.housing("california_housing", _CONTENT)

    test_split: Rate = 0.2

    def describe(self, env: DataEnv) -> DataSpec:
        """Eight features, one number."""
        return housing.describe(_CONTENT)

    def load(self, env: DataEnv) -> Splits:
        """The table, from the data directory, the cache, or a mirror."""
        return housing.splits(self.collection, _CONTENT, env, unit=100_000.0)
