"""Keras 3 on JAX as its guides have it: `compile` and `fit`."""

from typing import Any

import numpy as np

from benchmarks.side import Pace
from benchmarks.sides.keras_jax import KerasJax
from benchmarks.workload import BITS, Workload


class KerasFit(KerasJax):
    """The same model, trained by `model.fit`."""

    label = "Keras/JAX"
    bare = False

    @classmethod
    def takes(cls, workload: Workload) -> bool:
        """What is trained."""
        return not workload.inference

    def train(self, x: np.ndarray, y: np.ndarray, pace: Pace) -> None:
        """One epoch after the other, in order; the loss that `fit` tells is the mean of the epoch so far."""
        if self.workload.targets == BITS:
            y = y.astype(np.float32)

        class Tell(self.keras.callbacks.Callback):  # type: ignore[misc, name-defined]
            """Tells of every step."""

            before = 0.0

            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                def of_step() -> float:
                    total = float(logs["loss"]) * (batch + 1)
                    before, self.before = self.before if batch else 0.0, total
                    return total - before

                pace(of_step)

        def loss(y: Any, z: Any) -> Any:
            """`fit` makes columns of labels."""
            return self._criterion(y[:, 0] if self.workload.targets == BITS else y, z)

        self.net.compile(self._optimizer(), loss=loss)
        self.net.fit(
            x, y, batch_size=self.workload.batch, epochs=1_000_000, shuffle=False, verbose=0, callbacks=[Tell()],
        )
