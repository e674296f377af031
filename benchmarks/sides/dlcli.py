"""dlcli with NumPy alone: the training loop that `dlcli train` runs, seen through a callback."""

import os
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from benchmarks.side import Pace, Side
from benchmarks.workload import BITS, NUMBERS, TOKENS, Workload


class Dlcli(Side):
    """The base install."""

    label = "dlcli"
    environ: ClassVar[Mapping[str, str]] = {"DLCLI_KERNELS": "numpy", "OPENBLAS_NUM_THREADS": "1"}

    def __init__(self, workload: Workload, weights: Mapping[str, np.ndarray], *, threads: int) -> None:
        from dlcli.app.surroundings import Surroundings
        from dlcli.app.threads import settle
        from dlcli.kernels import choice

        super().__init__(workload, weights, threads=threads)
        settle(threads)
        choice.use(choice.wanted(), cache_dir=Surroundings.of(os.environ).cache_dir / "kernels")
        self.model, self.criterion = planned(workload)
        self.theta, self.buffers = self.model.initialize(np.random.default_rng(0))
        for name, view in self.model.layout.views(self.theta).items():
            view[...] = weights[name]

    def _data(self, x: np.ndarray, y: np.ndarray) -> Any:
        from dlcli.core.dataset import Split
        from dlcli.core.target import DataSpec
        from dlcli.data.batches import Batches
        from dlcli.data.preprocessing import Pipeline

        spec = DataSpec(input_shape=x.shape[1:], dtype="float32", target=self._target())
        split = Split(x, y, np.arange(len(x)))
        return Batches(split, Pipeline((), spec), spec, batch_size=self.workload.batch, dtype="float32")

    def _target(self) -> Any:
        from dlcli.core.target import Target

        if self.workload.targets == NUMBERS:
            return Target(kind="numbers", shape=(1,))
        shape = self.workload.in_shape if self.workload.targets == TOKENS else ()
        classes = 2 if self.workload.targets == BITS else self.workload.classes
        return Target(kind="classes", labels=tuple(map(str, range(classes))), shape=shape)

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        """As validation does it."""
        from dlcli.train.evaluation import Evaluator

        evaluator = Evaluator(self.model, self.criterion, {}, self._target(), self.theta, self.buffers)
        return evaluator.run(self._data(x, y)).figures["loss"]

    def trainer(
        self, x: np.ndarray, y: np.ndarray, callback: Any, *, shuffle: bool = False, lanes: int | None = None,
    ) -> Any:
        """The loop as it is, with batches gathered, losses added up and all."""
        from dlcli.core.component import from_yaml
        from dlcli.core.optimizer import Optimizer
        from dlcli.core.streams import Streams
        from dlcli.kernels import choice
        from dlcli.train.lane_count import lanes_for
        from dlcli.train.settings import Training
        from dlcli.train.trainer import Recipe, Trainer

        size = self.workload.batch
        settings = Training(
            epochs=1_000_000, batch_size=size, shuffle=shuffle, gradient_clip_norm=self.workload.clip,
            lanes=lanes or lanes_for(self.model, size, kernels=choice.in_use()),
        )
        recipe = Recipe(
            model=self.model, loss=self.criterion, metrics={}, target=self._target(),
            optimizer=from_yaml(Optimizer, self.workload.optimizer), schedule=None, regularizer=None,
            settings=settings, threads=self.threads,
        )
        trainer = Trainer(recipe, Streams(42), self._data(x, y), None, [callback])
        trainer.theta[:] = self.theta
        return trainer

    def train(self, x: np.ndarray, y: np.ndarray, pace: Pace) -> None:
        """Runs the loop."""
        from dlcli.core.callback import Callback

        class Watch(Callback):
            """Tells of every step."""

            seen = (0.0, 0.0)

            def on_batch_end(self, loop: Any) -> None:
                self.totals = loop.scores.totals
                pace(self.of_step)

            def of_step(self) -> float:
                """The mean loss since the last question; asked after every step, that is the step's."""
                before, self.seen = self.seen, tuple(self.totals)
                if self.seen[1] <= before[1]:
                    before = (0.0, 0.0)
                return float((self.seen[0] - before[0]) / (self.seen[1] - before[1]))

        self.trainer(x, y, Watch()).run()

    def predict(self, x: np.ndarray, pace: Pace) -> None:
        """As evaluation and prediction do it."""
        from dlcli.train.answers import Answers

        batches = self.batches(x)
        with Answers(self.model, self.theta, self.buffers, threads=self.threads) as answers:
            while True:
                for (inputs,) in batches:
                    y = answers.predict(inputs)
                    pace(lambda y=y: float(y[:, 0].sum()))  # type: ignore[misc]


def planned(workload: Workload) -> tuple[Any, Any]:
    """dlcli's model of a workload, and the loss that fits."""
    from dlcli.core.component import from_yaml
    from dlcli.core.layer import Layer
    from dlcli.core.loss import Loss
    from dlcli.model import Model, split_link

    layers = [from_yaml(Layer, layer) for layer in workload.layers]
    layers, link, loss = split_link(layers, from_yaml(Loss, workload.loss))
    return Model(layers, workload.in_shape, link=link), loss


def operations(model: Any) -> int:
    """Multiplications and additions of a training step for one sample: forward, and twice back.

    A dense layer or a convolution that comes first has no input gradient to compute.
    """
    first = next((node for node in model.nodes if node.plan.flops), None)
    spared = first.plan.flops if first and first.layer.type_name() in ("dense", "conv2d") else 0
    return int(3 * model.flops - spared)
