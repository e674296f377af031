"""Working memory that is allocated once and reused at every step."""

import threading
from math import prod
from typing import Any

import numpy as np

ALIGNMENT = 64
"""Bytes: a line of the cache."""
LARGE = 1 << 22
"""Bytes from which on NumPy asks the system for large pages, and an array has memory of its own."""


class Memory:
    """Named arrays. The step loop takes all it needs from here and allocates nothing after its first step."""

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype
        self._blocks: dict[tuple[str, np.dtype], np.ndarray] = {}
        self._views: dict[tuple[Any, ...], np.ndarray] = {}

    def empty(self, name: str, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        """Memory of `shape` with unspecified contents, the model's dtype unless another is given.

        The same name gives the same memory at every step, so the step loop allocates nothing once
        the largest batch has been seen. New memory is zero, and keeps what is written into it until a larger
        shape is asked for by the same name.
        """
        key = (name, shape, dtype)
        view = self._views.get(key)
        return view if view is not None else self._take(key)

    def multiples(self, count: int, of: int = 1) -> np.ndarray:
        """0, of, 2 of, ...: (count,) whole numbers, to be read only; filled once, then kept."""
        numbers = self.empty(f"multiples of {of}", (count,), np.intp)
        if count and numbers[-1] != (count - 1) * of:  # new memory is zero
            numbers[...] = np.arange(0, count * of, of)
        return numbers

    def _take(self, key: tuple[Any, ...]) -> np.ndarray:
        name, shape, wanted = key
        dtype = np.dtype(self.dtype if wanted is None else wanted)
        size = prod(shape)
        block = self._blocks.get((name, dtype))
        if block is None or block.size < size:
            block = self._blocks[name, dtype] = _working(size, dtype)
            for stale in [k for k in self._views if k[0] == name and self._views[k].dtype == dtype]:
                del self._views[stale]
        view = self._views[key] = block[:size].reshape(shape)
        return view

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(block.nbytes for block in self._blocks.values())


class _Block:
    """Memory that smaller arrays share, piece by piece; it is given back when none of them is in use any more.

    Side by side they lie in large pages, where the system has such: a step goes through dozens of arrays, and in small
    pages these are more than the processor remembers the places of.
    """

    SIZE = 4 * LARGE

    def __init__(self) -> None:
        self._bytes = np.empty(0, np.uint8)
        self._used = 0
        self._lock = threading.Lock()  # lanes take their first memory side by side

    def take(self, size: int) -> np.ndarray:
        """So many bytes, none of which was used before."""
        with self._lock:
            start = self._used
            if start + size > self._bytes.size:
                self._bytes, start = np.zeros(self.SIZE, np.uint8), 0
            self._used = start + size
            return self._bytes[start:self._used]


_block = _Block()


def aligned_zeros(size: int, dtype: str | np.dtype) -> np.ndarray:
    """A zero vector whose first byte lies on a multiple of 64 bytes.

    With an address that differs from run to run, vectorised loops would differ in speed too.
    """
    dtype = np.dtype(dtype)
    return _aligned(np.zeros(size * dtype.itemsize + ALIGNMENT, np.uint8), size, dtype)


def _working(size: int, dtype: np.dtype) -> np.ndarray:
    """The same, maybe in a block beside other arrays, which cannot be freed without it.

    For working memory alone, which comes and goes with a pass: what outlives that, as parameters do, lies by itself.
    """
    wanted = size * dtype.itemsize + ALIGNMENT
    return _aligned(np.zeros(wanted, np.uint8) if wanted >= LARGE else _block.take(wanted), size, dtype)


def _aligned(raw: np.ndarray, size: int, dtype: np.dtype) -> np.ndarray:
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start:start + size * dtype.itemsize].view(dtype)
