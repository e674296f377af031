"""The time of a training step of models of any size, as dlcli trains them."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.sides.dlcli import Dlcli, planned
from benchmarks.workload import CLASSES, Workload
from benchmarks.workloads import mlp
from dlcli.core.callback import Callback

SECONDS, STEPS = 0.25, 4
"""How long a round of one size lasts: at least so many seconds, and so many steps."""


@dataclass(frozen=True, kw_only=True)
class Sized(Workload):
    """A workload of so many `rows` of data, which are shuffled."""

    rows: int = 0

    @property
    def batches(self) -> int:
        """As many as there are rows for, or a few."""
        return self.rows // self.batch or 8


def sized(
    layers: Sequence[Any], in_shape: tuple[int, ...], batch: int, targets: str = CLASSES, rows: int = 0,
) -> Sized:
    """A workload that has no name and no goal."""
    return Sized(
        name="", title="", layers=layers, in_shape=in_shape, batch=batch, targets=targets, classes=10,
        optimizer=mlp.ADAM, goal=(1, 1), rows=rows,
    )


def dense(units: int, layers: int) -> list[Any]:
    """So many hidden layers with relu, and ten classes."""
    hidden = {"type": "dense", "units": units, "activation": "relu"}
    return [hidden] * layers + [{"type": "dense", "units": 10, "activation": "softmax"}]


class _Done(Exception):  # noqa: N818  # no error
    """The round is over."""


class _Clock(Callback):
    """Measures the steps after the first ones, in which memory is made; of a data set with rows, one epoch of them."""

    def __init__(self, steps: int) -> None:
        self._steps, self._count = steps, 0
        self._started = 0.0
        self.seconds = float("nan")

    def on_batch_end(self, loop: Any) -> None:
        """Ends the training where enough was seen."""
        self._count += 1
        warm = self._steps or 3
        if self._count == warm:
            self._started = time.perf_counter()
            return
        steps, passed = self._count - warm, time.perf_counter() - self._started
        if steps > 0 and (steps == self._steps or (not self._steps and steps >= STEPS and passed > SECONDS)):
            self.seconds = passed / steps
            raise _Done


def measure(workload: Sized | Workload, threads: int, lanes: int | None = None) -> float:
    """Seconds of a step, with so many lanes or as many as dlcli would take."""
    model, _ = planned(workload)
    theta, _ = model.initialize(np.random.default_rng(42))
    side = Dlcli(workload, model.layout.views(theta), threads=threads)
    rows = getattr(workload, "rows", 0)
    clock = _Clock(rows // workload.batch)
    with suppress(_Done):
        side.trainer(*workload.data(), clock, shuffle=rows > 0, lanes=lanes).run()
    return clock.seconds
