"""The score of one class among those of all."""

import numpy as np

from dlcli.core.memory import Memory


class ClassScores:
    """Of the scores z: (N, K) that a discriminator gives, one a class, those of the classes that are asked for.

    Where no classes are, z: (N, 1) is handed through as it is.
    """

    def __init__(self, dtype: np.dtype) -> None:
        self._memory = Memory(dtype)
        self._at: np.ndarray | None = None
        self._shape: tuple[int, ...] = ()

    def of(self, z: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Scores: (N, 1) of the class numbers `labels`: (N,)."""
        self._at = None
        if labels is None:
            return z
        N, K = self._shape = z.shape
        self._at = np.add(self._memory.multiples(N, K), labels, out=self._memory.empty("at", (N,), np.intp))
        z.reshape(-1).take(self._at, out=self._memory.empty("z", (N,)), mode="clip")
        return self._memory.empty("z", (N, 1))

    def back(self, dz: np.ndarray) -> np.ndarray:
        """The gradient of all scores, (N, K), from that of those that `of` took, dz: (N, 1)."""
        if self._at is None:
            return dz
        whole = self._memory.empty("dz", self._shape)
        whole.fill(0)
        whole.reshape(-1)[self._at] = dz.reshape(-1)
        return whole

    @property
    def nbytes(self) -> int:
        """Bytes of working memory held."""
        return self._memory.nbytes
