"""A batch is cut into lanes; each lane runs forward and backward on its piece.

The gradients are summed in the order of the lanes, so the result depends on the number of lanes and
not on how many threads ran them.
"""

from collections.abc import Sequence

import numpy as np

from dlcli.core.context import Context, Flow
from dlcli.core.loss import Loss
from dlcli.core.plan import Plan
from dlcli.core.streams import Streams
from dlcli.model import Model, Pass
from dlcli.train.lane_pool import LanePool


class Lane:
    """One piece of every batch: a pass and a loss context of its own."""

    def __init__(
        self,
        model: Model,
        loss: Loss,
        theta: np.ndarray,
        buffers: np.ndarray,
        *,
        grad: np.ndarray,
        rng: "np.random.Generator",
        flow: Flow,
    ) -> None:
        self.grad = grad
        self.through = Pass(model, theta, buffers, grad=grad, rng=rng, training=True, flow=flow)
        self.ctx = loss_context(model, flow)
        self._learn = self.through.with_loss(loss, self.ctx)
        self.losses = self.y_true = self.y_pred = np.empty(0)
        self.passed_over: np.ndarray | None = None
        self.terms = 0.0

    def run(self, x: np.ndarray, y: np.ndarray, weight: float | np.ndarray) -> None:
        """Fills `grad` with the gradient of sum(weight * losses), and `losses`, `y_true`, `y_pred`.

        `passed_over` and `terms` are those of the loss: what does not count, and for how many samples the rest does.
        """
        self.losses = self._learn(x, y, weight)
        self.y_true, self.y_pred = y, self.ctx.predictions
        self.passed_over, self.terms = self.ctx.passed_over, self.ctx.terms


class Lanes:
    """All lanes of a training loop. `grad` holds the gradient of the batch after `run`."""

    def __init__(
        self,
        model: Model,
        loss: Loss,
        theta: np.ndarray,
        buffers: np.ndarray,
        *,
        count: int,
        threads: int,
        streams: Streams,
    ) -> None:
        self._pool = LanePool(count, threads=threads, whole_batch=model.whole_batch)
        self._lanes = [
            Lane(
                model, loss, theta, buffers, grad=model.layout.zeros(model.dtype), rng=streams.kept(f"lane {number}"),
                flow=self._pool.flow(number),
            )
            for number in range(count)
        ]
        self.grad = self._lanes[0].grad
        self.share = self._pool.run if count > 1 else None
        """Hands other work out to the threads of the lanes, where there are several."""

    def run(self, x: np.ndarray, y: np.ndarray, weight: float | np.ndarray) -> Sequence[Lane]:
        """Runs a batch x: (N, ...), y: (N, ...), weight a scalar or (N,); returns the lanes that had samples."""
        if len(self._lanes) == 1:
            self._pool.lead()
            self._lanes[0].run(x, y, weight)
            return self._lanes

        def work(number: int, piece: slice) -> None:
            self._lanes[number].run(x[piece], y[piece], weight[piece] if isinstance(weight, np.ndarray) else weight)

        self._pool.run(len(x), work)
        active = self._lanes[:self._pool.active(len(x))]
        for lane in active[1:]:
            self.grad += lane.grad
        return active

    def close(self) -> None:
        """Ends the threads."""
        self._pool.close()

    @property
    def nbytes(self) -> int:
        """Bytes of working memory held."""
        return sum(lane.through.nbytes + lane.ctx.nbytes + lane.grad.nbytes for lane in self._lanes)


def loss_context(model: Model, flow: Flow | None = None) -> Context:
    """A context for a loss: no parameters, only memory; with the mask that the model leaves in the flow of its pass."""
    return Context(
        plan=Plan(out_shape=model.out_shape), params={}, grads={}, buffers={}, dtype=model.dtype,
        training=True, needs_dx=True, rng=None, flow=flow or Flow(),
    )
