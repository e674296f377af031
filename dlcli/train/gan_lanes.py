"""The two halves of a step of a GAN, each cut into lanes."""

from collections.abc import Callable

import numpy as np

from dlcli.core.gan_loss import GanLoss
from dlcli.core.streams import Streams
from dlcli.model import Pass
from dlcli.train.class_scores import ClassScores
from dlcli.train.gan_models import DISCRIMINATOR, GENERATOR, GanModels
from dlcli.train.lane_pool import LanePool
from dlcli.train.lanes import loss_context


class _Lane:
    """One piece of every batch: a pass through each net, and one more through the discriminator with fakes alone.

    The second one is asked for the gradient of its input, by which the generator learns.
    """

    def __init__(
        self, models: GanModels, loss: GanLoss, theta: np.ndarray, buffers: np.ndarray, pool: LanePool, number: int,
        streams: Streams,
    ) -> None:
        flow, rng = pool.flow(number), streams.kept(f"lane {number}")
        self.loss = loss
        self.grads = {name: model.layout.zeros(model.dtype) for name, model in models.models.items()}
        self._of_real = models.discriminator.layout.zeros(models.dtype)

        def through(name: str, *, input_gradient: bool = False) -> Pass:
            return Pass(
                models.models[name], models.layout.part(name, theta), models.buffers.part(name, buffers),
                grad=self.grads[name], rng=rng, training=True, input_gradient=input_gradient, flow=flow,
            )

        self.generator = through(GENERATOR)
        self.discriminator = through(DISCRIMINATOR)
        self.judge = through(DISCRIMINATOR, input_gradient=True)
        self.ctx = loss_context(models.discriminator)
        self.scores = ClassScores(models.dtype)
        self.labels: np.ndarray | None = None
        self.fakes = np.empty(0)
        self.d_loss = self.d_real = self.d_fake = self.g_loss = 0.0

    def tell_apart(self, x: np.ndarray, inputs: np.ndarray, labels: np.ndarray | None, weight: float) -> None:
        """Real samples and fakes go through the discriminator one after the other, as batches of their own."""
        self.fakes, self.labels = self.generator.forward(inputs), labels
        grad = self.grads[DISCRIMINATOR]
        self.d_loss = 0.0
        truth = self.ctx.empty("truth", (len(x),), np.intp)
        for samples, is_real in ((x, True), (self.fakes, False)):
            truth.fill(is_real)
            z = self.scores.of(self.discriminator.forward(samples), labels)
            losses = self.loss.forward(self.ctx, z, truth)
            self.d_loss += float(np.add.reduce(losses))
            dz = self.loss.backward(self.ctx, weight)
            self.discriminator.backward(self.scores.back(dz))
            belief = float(np.add.reduce(self.loss.belief(self.ctx, z), axis=None))
            if is_real:
                self.d_real = belief
                self._of_real[:] = grad
            else:
                self.d_fake = belief
                grad += self._of_real

    def deceive(self, weight: float) -> None:
        """The fakes of `tell_apart` again, judged by the discriminator as it is now; the gradient goes on into them."""
        losses = self.loss.deceive(self.ctx, self.scores.of(self.judge.forward(self.fakes), self.labels))
        self.g_loss = float(np.add.reduce(losses))
        dx = self.judge.backward(self.scores.back(self.loss.deceive_backward(self.ctx, weight)))
        assert dx is not None
        self.generator.backward(dx)

    @property
    def nbytes(self) -> int:
        passes = (self.generator, self.discriminator, self.judge)
        vectors = (self._of_real, *self.grads.values())
        return sum(p.nbytes for p in passes) + sum(v.nbytes for v in vectors) + self.ctx.nbytes + self.scores.nbytes


class GanLanes:
    """All lanes of a GAN. `grads` holds the gradient of the net whose half was run last."""

    def __init__(
        self, models: GanModels, loss: GanLoss, theta: np.ndarray, buffers: np.ndarray, *, count: int, threads: int,
        streams: Streams,
    ) -> None:
        whole_batch = any(model.whole_batch for model in models.models.values())
        self._pool = LanePool(count, threads=threads, whole_batch=whole_batch)
        self._lanes = [_Lane(models, loss, theta, buffers, self._pool, number, streams) for number in range(count)]
        self.grads = self._lanes[0].grads

    def tell_apart(self, x: np.ndarray, inputs: np.ndarray, labels: np.ndarray | None = None) -> dict[str, float]:
        """The discriminator's half on real x: (N, ...) and fakes of the generator's inputs; sums of its figures.

        `labels`: (N,), the classes of both, where there are any.
        """

        def work(lane: _Lane, piece: slice) -> None:
            lane.tell_apart(x[piece], inputs[piece], None if labels is None else labels[piece], 1 / len(x))

        active = self._run(len(x), work, DISCRIMINATOR)
        return {name: sum(getattr(lane, name) for lane in active) for name in ("d_loss", "d_real", "d_fake")}

    def deceive(self, samples: int) -> float:
        """The generator's half on the fakes of the last `tell_apart`; the sum of its losses."""
        active = self._run(samples, lambda lane, _piece: lane.deceive(1 / samples), GENERATOR)
        return sum(lane.g_loss for lane in active)

    def close(self) -> None:
        """Ends the threads."""
        self._pool.close()

    @property
    def nbytes(self) -> int:
        """Bytes of working memory held."""
        return sum(lane.nbytes for lane in self._lanes)

    def _run(self, samples: int, work: Callable[[_Lane, slice], None], net: str) -> list[_Lane]:
        self._pool.run(samples, lambda number, piece: work(self._lanes[number], piece))
        active = self._lanes[:self._pool.active(samples)]
        for lane in active[1:]:
            self.grads[net] += lane.grads[net]
        return active
