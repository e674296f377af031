"""The figures of a GAN, added up over batches."""

from collections.abc import Mapping

import numpy as np

_OF_BATCH = ("d_loss", "d_real", "d_fake")


class GanScores:
    """d_loss and g_loss, the mean losses of both nets; d_real and d_fake, how real real samples and fakes look.

    The discriminator is counted once a batch, the generator once a step.
    """

    names = ("d_loss", "g_loss", "d_real", "d_fake")

    def __init__(self) -> None:
        self._sums = np.zeros(len(self.names))
        self._counts = np.zeros(2)  # samples that the discriminator, and the generator, has learned from

    def reset(self) -> None:
        """Back to before the first batch."""
        self._sums[:] = 0
        self._counts[:] = 0

    def add_batch(self, samples: int, **sums: float) -> None:
        """Adds a batch of the discriminator: sums of d_loss, d_real and d_fake over its samples."""
        for name in _OF_BATCH:
            self._sums[self.names.index(name)] += sums[name]
        self._counts[0] += samples

    def add_step(self, samples: int, g_loss: float) -> None:
        """Adds a step of the generator: the sum of its losses."""
        self._sums[self.names.index("g_loss")] += g_loss
        self._counts[1] += samples

    def figures(self) -> dict[str, float]:
        """By name; NaN where nothing was counted."""
        of_batch, of_step = (float(count) or float("nan") for count in self._counts)
        return {
            name: float(total) / (of_batch if name in _OF_BATCH else of_step)
            for name, total in zip(self.names, self._sums, strict=True)
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """The state by name, for a checkpoint."""
        return {"sums": self._sums, "counts": self._counts}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Goes on where `arrays` stopped."""
        for name, array in self.arrays().items():
            array[...] = arrays[name]
