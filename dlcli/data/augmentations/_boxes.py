"""Rectangles in images, one for each of a batch."""

import numpy as np

from dlcli.core.memory import Memory


def inside(
    top: np.ndarray, height: np.ndarray, left: np.ndarray, width: np.ndarray, shape: tuple[int, int], memory: Memory,
) -> np.ndarray:
    """Which pixels lie in the rectangles: (N, H, W, 1) bool; edges: (N,), whole numbers, may lie outside."""
    N, (H, W) = len(top), shape
    rows, columns = (
        _between(name, start, extent, size, memory)
        for name, start, extent, size in (("row", top, height, H), ("column", left, width, W))
    )
    box = memory.empty("box", (N, H, W), bool)
    return np.logical_and(rows[:, :, None], columns[:, None, :], out=box)[..., None]


def _between(name: str, start: np.ndarray, extent: np.ndarray, size: int, memory: Memory) -> np.ndarray:
    at = np.subtract(np.arange(size), start[:, None], out=memory.empty(f"{name} at", (len(start), size), np.float64))
    first = np.greater_equal(at, 0, out=memory.empty(f"{name} first", at.shape, bool))
    last = np.less(at, extent[:, None], out=memory.empty(f"{name} last", at.shape, bool))
    return np.logical_and(first, last, out=first)
