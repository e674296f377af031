"""timeseries: a table in the order of time, whose column is to be foretold."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import AsTuple, PositiveInt, Rate
from dlcli.core.target import DataSpec
from dlcli.data import forecasts
from dlcli.data.cells import Cells, Column, read_cells


@dataclass(frozen=True, kw_only=True)
class Timeseries(Dataset):
    """A CSV file with one step of time a row, the oldest first; the next values of one column are to be foretold.

    x: (N, window, features) float32, y: (N, horizon). `path` names the file; `target` is the column to be foretold and
    `features` (default: the target alone) those that are seen, by the name in the header or the position from 0.
    `window` (default 10) rows are seen, the `horizon` (default 1) next values are wanted. Other columns, such as
    dates, are not read. Rows are taken as evenly spaced. The windows share the memory of one table.

    `test_split` (0.2) is the last share of the windows, `validation_split` the one before it; no target is in two
    splits. Scale the features with `preprocessing: [standardize]`, which is fitted on the training split and, for each
    step of the window, on its own; `{type: standardize, per_feature: false}` has one mean for all. The target stays as
    it is.
    """

    examples: ClassVar = (
        Example({"path": "passengers.csv", "target": "passengers", "fallback": "sine"}),
        Example({
            "path": "power.csv", "target": "load", "features": ["load", "temperature"], "window": 24, "horizon": 6,
            "validation_split": 0.1, "preprocessing": ["standardize"], "fallback": "sine",
        }),
    )

    path: str
    target: str | int
    features: Annotated[tuple[str | int, ...], AsTuple] = ()
    window: PositiveInt = 10
    horizon: PositiveInt = 1
    test_split: Rate = 0.2

    @property
    def spacing(self) -> int:
        """Targets of neighbours share all values but one."""
        return self.horizon

    def describe(self, env: DataEnv) -> DataSpec:
        """The keys tell it all."""
        return forecasts.spec(self.window, self.horizon, len(self.features) or 1)

    def load(self, env: DataEnv) -> Splits:
        """All windows of the table."""
        path = env.existing(self.path)
        cells = read_cells(path)
        target = cells.find(self.target, "target")
        positions = [cells.find(column, "features") for column in self.features] or [target]
        wanted: list[Column] = [*self.features, self.target]
        body = cells.without_head() if _has_head(cells, wanted, target) else cells
        names = [str(column) for column in (*(self.features or (self.target,)), self.target)]
        values = body.numbers([*positions, target], names).astype(np.float32)
        seen, wanted_values = np.ascontiguousarray(values[:, :-1]), np.ascontiguousarray(values[:, -1])
        return forecasts.splits(seen, wanted_values, self.window, self.horizon, str(path))


def _has_head(cells: Cells, wanted: list[Column], target: int) -> bool:
    """Whether the first row is a header: a column was found by name, or its target is no number."""
    if any(isinstance(column, str) for column in wanted):
        return True
    try:
        float(cells.head[target])
    except ValueError:
        return True
    return False
