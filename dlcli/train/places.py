"""The places of a batch that count, each as if it were a sample of its own."""

from math import prod

import numpy as np

from dlcli.core.memory import Memory


class Places:
    """Takes out what a loss passes over: padded steps of sequences, and labels that it ignores."""

    def __init__(self) -> None:
        self._memory = Memory(np.dtype(np.float64))

    def that_count(
        self, passed_over: np.ndarray | None, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The three as they are where all counts; else y_true: (n, ...), y_pred: (n, ...) and losses: (n,) of n places.

        `passed_over`: (N, ...) bool, as `Loss.forward` has it. The loss of a place is the mean of those of its sample
        that count. Valid until the next call.
        """
        if passed_over is None:
            return y_true, y_pred, losses
        memory, shape = self._memory, passed_over.shape
        N, M = len(passed_over), passed_over.size
        at = self._where_not(passed_over.reshape(M))
        places = M // N
        sample = np.floor_divide(at, places, out=memory.empty("sample", (M,), np.intp)[:len(at)])
        counts = memory.empty("counts of samples", (N,), np.intp)
        np.add.reduce(passed_over.reshape(N, places), axis=1, dtype=np.intp, out=counts)
        np.subtract(places, counts, out=counts)
        np.maximum(counts, 1, out=counts)
        each = np.multiply(losses, places, out=memory.empty("each", (N,), losses.dtype))
        np.divide(each, counts, out=each, casting="same_kind")
        return (
            self._taken("true", y_true, shape, at), self._taken("predicted", y_pred, shape, at),
            each.take(sample, out=memory.empty("losses", (M,), losses.dtype)[:len(at)], mode="clip"),
        )

    def _where_not(self, passed: np.ndarray) -> np.ndarray:
        """The numbers of those that count, in order. `flatnonzero` would allocate them at every step."""
        memory, M = self._memory, len(passed)
        place = memory.empty("place", (M,), np.intp)
        np.logical_not(passed, out=place, casting="unsafe")
        np.cumsum(place, out=place)
        n = int(place[-1])
        place -= 1
        np.copyto(place, n, where=passed)  # all that is passed over goes to one place behind the others
        at = memory.empty("at", (M + 1,), np.intp)
        at[place] = memory.multiples(M)
        return at[:n]

    def _taken(self, name: str, y: np.ndarray, shape: tuple[int, ...], at: np.ndarray) -> np.ndarray:
        """The places `at` of y; memory is for all of them, so that it does not depend on how many there are."""
        M = prod(shape)
        rest = y.shape[len(shape):] if y.shape[:len(shape)] == shape else (y.size // M,)
        out = self._memory.empty(name, (M, *rest), y.dtype)[:len(at)]
        y.reshape(M, *rest).take(at, axis=0, out=out, mode="clip")
        return out
