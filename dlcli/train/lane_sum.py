"""Sums an array over lanes that run side by side, for layers that need the whole batch."""

import threading

import numpy as np

from dlcli.core.memory import Memory


class LaneSum:
    """Lanes meet here: each brings an array, each takes the sum away, added up in the order of the lanes."""

    def __init__(self, lanes: int) -> None:
        self._brought: list[np.ndarray] = [np.empty(0)] * lanes
        self._memory = [Memory(np.dtype(np.float64)) for _ in range(lanes)]
        self._active = lanes
        self._barrier = threading.Barrier(lanes)
        self._failure: BaseException | None = None

    def start(self, active: int) -> None:
        """Before a batch that only the first `active` lanes have a piece of."""
        self._active = active
        self._barrier = threading.Barrier(active)
        self._failure = None

    def stop(self, failure: BaseException) -> None:
        """Where a lane fails: the others must not wait for it, and fail for the same reason."""
        self._failure = self._failure or failure
        self._barrier.abort()

    def add(self, lane: int, array: np.ndarray) -> None:
        """Replaces `array` by its sum over all lanes; returns when every lane has called."""
        self._brought[lane] = array
        self._wait()
        total = self._memory[lane].empty(f"total {array.size}", array.shape, array.dtype)
        total[...] = self._brought[0]
        for other in self._brought[1:self._active]:
            total += other
        self._wait()
        array[...] = total

    def _wait(self) -> None:
        try:
            self._barrier.wait()
        except threading.BrokenBarrierError:
            if self._failure is None:
                raise
            raise self._failure from None
