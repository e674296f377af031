"""Runs the sides of one workload in turn, round by round, and says what came out."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.side import Side
from benchmarks.sides.dlcli import operations, planned
from benchmarks.workload import Workload

CHECKED = 24
"""Steps at the beginning whose losses must agree."""
EXACT = 1e-4
"""By how much the loss before training may differ, relatively."""
HOME = Path(__file__).parent.parent
"""The folder that holds dlcli and its benchmarks."""
SHARE = 0.25
"""Seconds of a round that each side works, about."""


@dataclass
class Found:
    """What one side did: seconds a step of every round, the losses, and why its time does not count, if so."""

    seconds: list[float] = field(default_factory=list)
    first: float = float("nan")
    mean: float = float("nan")
    peak_mb: float = float("nan")
    invalid: str = ""

    @property
    def median(self) -> float:
        """Seconds a step."""
        return statistics.median(self.seconds) if self.seconds else float("nan")


@dataclass
class Measured:
    """One workload: what each side did, operations of a step, and the products of matrices per second beside it."""

    workload: Workload
    sides: dict[str, Found]
    operations: float
    peak: float

    def times(self, own: str, peer: str) -> list[float]:
        """How many times as fast `own` was as `peer`, round by round."""
        pairs = zip(self.sides[own].seconds, self.sides[peer].seconds, strict=True)
        return [theirs / ours for ours, theirs in pairs]


class Worker:
    """A side in a process of its own, which sleeps while the others work."""

    def __init__(
        self, name: str, side: type[Side], workload: Workload, folder: str, threads: int, home: Path = HOME,
    ) -> None:
        cache = {} if home == HOME else {"NUMBA_CACHE_DIR": str(home / "compiled")}  # goes when that folder goes
        limits = {f"{library}_NUM_THREADS": str(threads) for library in ("OPENBLAS", "MKL", "OMP")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", name, workload.name, folder, str(threads)],
            env={**os.environ, **limits, **cache, **side.environ}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, cwd=home, stderr=None if "BENCHMARKS_DEBUG" in os.environ else subprocess.DEVNULL,
        )

    def hear(self) -> dict[str, Any]:
        """The next answer. Raises RuntimeError where the process has ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"its process ended with {self._process.wait()}; set BENCHMARKS_DEBUG=1 to see why")
        found: dict[str, Any] = json.loads(line)
        return found

    def ask(self, steps: int) -> dict[str, Any]:
        """Lets it make so many steps."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()
        return self.hear()

    def end(self) -> float:
        """Lets it go; the peak of its memory in MB."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        peak = float(self.hear()["peak_mb"])
        self._process.wait()
        return peak

    def kill(self) -> None:
        """Ends it whatever it does."""
        self._process.kill()
        self._process.wait()


def measure(
    workload: Workload, sides: Mapping[str, type[Side]], *, rounds: int, threads: int, peak: float, clock: str = "wall",
    homes: Mapping[str, Path] | None = None,
) -> Measured:
    """All sides that can do the workload, warmed up, in turn; `clock` is `wall` or `cpu`.

    A name may end in `@` and anything: the same side once more. `homes`: the folders of those that live elsewhere.
    """
    model, _ = planned(workload)
    found = {name: Found() for name, side in sides.items() if side.takes(workload)}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        theta, _ = model.initialize(np.random.default_rng(42))
        np.savez(Path(folder) / "weights.npz", **model.layout.views(theta))
        for name, array in zip("xy", workload.data(), strict=True):
            np.save(Path(folder) / f"{name}.npy", array)
        workers: dict[str, Worker] = {}
        for name, one in found.items():
            home = (homes or {}).get(name, HOME)
            worker = Worker(name.partition("@")[0], sides[name], workload, folder, threads, home)
            stack.callback(worker.kill)
            try:
                one.first = worker.hear()["loss"]
                checked = 1 if workload.inference else CHECKED
                one.mean = float(np.mean([worker.ask(1)["loss"] for _ in range(checked)]))
                workers[name] = worker
            except RuntimeError as error:
                one.invalid = str(error)
        steps = {name: _steps(worker) for name, worker in workers.items()}
        for _ in range(rounds):
            for name, worker in workers.items():
                answer = worker.ask(steps[name])
                found[name].seconds.append(answer[clock] / answer["steps"])
        for name, worker in workers.items():
            found[name].peak_mb = worker.end()
    _compare(workload, found)
    flops = model.flops if workload.inference else operations(model)
    return Measured(workload, found, flops * workload.batch, peak)


def _steps(worker: Worker) -> int:
    """As many steps as take about the share of a round; warms up on the way."""
    steps = 1
    while True:
        seconds = worker.ask(steps)["wall"]
        if seconds > SHARE / 4:
            return max(1, round(steps * SHARE / seconds))
        steps *= 4


def _compare(workload: Workload, found: dict[str, Found]) -> None:
    """Marks those whose losses are not those of dlcli, the first of all."""
    reference = next(iter(found.values()))
    for one in found.values():
        for what, own, theirs, bound in (
            ("before training", one.first, reference.first, EXACT),
            ("of the first steps", one.mean, reference.mean, EXACT if workload.inference else workload.tolerance),
        ):
            if not one.invalid and not abs(own - theirs) <= bound * abs(theirs):
                one.invalid = f"loss {what}: {own:.6g} instead of {theirs:.6g} (tolerance {bound:g})"
