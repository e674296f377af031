"""A trained model that answers, in lanes where that pays."""

from types import TracebackType

import numpy as np

from dlcli.core.memory import Memory
from dlcli.model import Model, Pass
from dlcli.train.lane_count import lanes_forward
from dlcli.train.lane_pool import LanePool


class Answers:
    """Predictions of a model. Leave the `with` block to end its threads.

    Inputs are cut into lanes, so many as the work and the kernels say: the number of threads changes no bit.
    """

    def __init__(self, model: Model, theta: np.ndarray, buffers: np.ndarray, *, threads: int = 1) -> None:
        self._model, self._theta, self._buffers = model, theta, buffers
        self._threads = threads
        self._passes = [Pass(model, theta, buffers)]
        self._pools: dict[int, LanePool] = {}
        self._memory = Memory(model.dtype)

    def __enter__(self) -> "Answers":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        for pool in self._pools.values():
            pool.close()

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Outputs (N, *out_shape) of x (N, *in_shape), with the link applied; valid until the next call."""
        count = lanes_forward(self._model, len(x))
        if count not in self._pools:
            self._pools[count] = LanePool(count, threads=self._threads, whole_batch=False)
        if count == 1:
            self._pools[1].lead()
            return self._passes[0].predict(x)
        self._passes += [Pass(self._model, self._theta, self._buffers) for _ in range(count - len(self._passes))]
        y = self._memory.empty("y", (len(x), *self._model.out_shape))

        def work(number: int, piece: slice) -> None:
            y[piece] = self._passes[number].predict(x[piece])

        self._pools[count].run(len(x), work)
        return y
