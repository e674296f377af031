"""The contract of sources: samples that are read by rows, wherever they lie."""

from abc import ABC, abstractmethod
from typing import Literal

import numpy as np


class Source(ABC):
    """Samples (N, ...) that need not all be in memory: files on disk, images to be decoded, rows of a table.

    It stands where an array could stand in a `Split`, and is read like one: `shape`, `dtype`, `len`, and rows by
    number. `gather` may be called by several threads at once, and reads any rows in any order; where a format can
    only be read in large pieces, its rows are first written to a file from which they can be read one by one.
    """

    effort: Literal["memory", "disk", "decode"] = "disk"
    """What reading costs; batches are read ahead by threads of their own from all but memory."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @abstractmethod
    def gather(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Writes the samples of `rows` to `out`: (len(rows), *sample), of `dtype`, contiguous.

        Raises DataError, with the file, where a sample can no longer be read.
        """
        raise NotImplementedError

    def fingerprint(self) -> bytes | None:
        """What stands for the content in the fingerprint of a run's data; None: the samples themselves do."""
        return None

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """Number of axes, that of the samples among them."""
        return len(self.shape)

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        """The samples of `rows` as an array: a piece that fits into memory."""
        if isinstance(rows, slice):
            rows = np.arange(len(self))[rows]
        out = np.empty((len(rows), *self.shape[1:]), self.dtype)
        self.gather(rows, out)
        return out


Content = np.ndarray | Source
"""Samples as a split holds them."""
