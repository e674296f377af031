"""A split's samples as they lie in the data, by their numbers in the split."""

import numpy as np

from dlcli.core.dataset import Split


class RowsOf:
    """The samples of a split as an array would give them, read only where they are asked for."""

    def __init__(self, split: Split) -> None:
        self._split = split
        self.shape = (len(split), *split.x.shape[1:])
        self.dtype = split.x.dtype

    def __len__(self) -> int:
        return len(self._split)

    def __getitem__(self, which: np.ndarray) -> np.ndarray:
        return np.asarray(self._split.x[self._split.rows[which]])
