"""Arrays in files that may be larger than memory: rows are read where they are asked for, and none of them stays."""

import os
import time
from math import prod
from pathlib import Path
from weakref import finalize

import numpy as np

from dlcli.core.source import Source
from dlcli.data.scattered import read_piece, read_pieces
from dlcli.errors import DataError

_DENSE = 4  # rows in order are read in one go where they are at least one in so many
_FROM_DISK = 50e-6  # seconds that a row takes at least if it comes from a disk
_FROM_CACHE = 10e-6  # seconds that it takes at most if the system has it in its cache, announced or not


class FileRows(Source):
    """Rows of an array that lies in a file as it would in memory, from byte `start` on.

    The file is read and not mapped into memory: of a mapping, each row that is touched keeps up to 2 MB around it in
    the process, and a file that is cut short ends the process. What was read lies in the system's cache, which gives
    way to others. Raises DataError where the file is changed while it is in use.
    """

    effort = "disk"

    def __init__(self, path: Path, *, start: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.path, self.shape, self.dtype = path, shape, dtype
        self._start = start
        self._row = prod(shape[1:]) * dtype.itemsize
        self._file = path.open("rb", buffering=0)
        finalize(self, self._file.close)
        self._stamp = self._now()
        self._waits = False

    def gather(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Reads each row; rows in order, with few gaps, from the first to the last."""
        if self._now() != self._stamp:
            raise DataError(
                "the file was changed while it was in use", where=str(self.path),
                hint="put the original back and resume, or train anew; write new data to a file of another name",
            )
        if not out.nbytes:
            return
        target = out.reshape(len(rows), self._row // self.dtype.itemsize).view(np.uint8)
        try:
            self._read(rows, target)
        except (OSError, EOFError) as error:
            raise DataError(f"cannot be read: {error}", where=str(self.path), hint="check the disk") from error

    def _read(self, rows: np.ndarray, target: np.ndarray) -> None:
        first, file = int(rows[0]), self._file.fileno()
        span = int(rows[-1]) - first + 1
        if not len(rows) <= span <= _DENSE * len(rows) or (np.diff(rows) <= 0).any():
            places, begun = rows * self._row + self._start, time.monotonic()
            if self._waits:
                self._announce(file, places)
            read_pieces(file, places, target)
            self._waits = time.monotonic() - begun > (_FROM_CACHE if self._waits else _FROM_DISK) * len(rows)
            return
        whole = target if span == len(rows) else np.empty((span, self._row), np.uint8)
        read_piece(file, whole.data.cast("B"), self._start + first * self._row)
        if whole is not target:
            whole.take(rows - first, 0, target, "clip")

    def _announce(self, file: int, places: np.ndarray) -> None:
        """Says what will be read: a disk is asked for all of it at once, and need not answer in that order."""
        if hasattr(os, "posix_fadvise"):
            for place in places.tolist():
                os.posix_fadvise(file, place, self._row, os.POSIX_FADV_WILLNEED)

    def _now(self) -> tuple[int, int]:
        """What tells that a file was written: its size and the time of its last change."""
        status = os.fstat(self._file.fileno())
        return status.st_size, status.st_mtime_ns
