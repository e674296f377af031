"""The process of one side: does what it is told on standard input, line by line, and answers on standard output.

    python -m benchmarks.worker SIDE WORKLOAD FOLDER THREADS

FOLDER holds weights.npz, x.npy and y.npy. A line is a number of steps; the answer is a line of JSON with the seconds
that they took, of the clock and of the processor, and the loss at their end. The first answer comes unasked: the loss
before any training. An end of the input ends it; the last answer is the peak of its memory.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Done(Exception):  # noqa: N818  # no error
    """There is nothing more to do."""


class Pacer:
    """Counts the steps of a side, and stops the clock when those asked for are done."""

    def __init__(self, answer: Callable[[dict[str, Any]], None]) -> None:
        self._answer = answer
        self._left = self._asked = 0
        self._started = (0.0, 0.0)

    def begin(self) -> None:
        """Waits for the next order. Raises Done where there is none."""
        line = sys.stdin.readline().strip()
        if not line:
            raise Done
        self._left = self._asked = int(line)
        self._started = time.perf_counter(), time.process_time()

    def __call__(self, loss: Callable[[], float]) -> None:
        """After a step."""
        self._left -= 1
        if self._left:
            return
        value = loss()
        wall, cpu = time.perf_counter() - self._started[0], time.process_time() - self._started[1]
        self._answer({"wall": wall, "cpu": cpu, "steps": self._asked, "loss": value})
        self.begin()


def peak_mb() -> float:
    """The most memory that this process ever held; what it inherited from its parent does not count."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def main(name: str, workload_name: str, folder: str, threads: int) -> None:
    """Serves one side until its input ends."""
    if hasattr(os, "sched_setaffinity"):  # what no option reaches starts as many threads as there are processors
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no answer

    def answer(found: dict[str, Any]) -> None:
        print(json.dumps(found), file=answers, flush=True)

    import numpy as np

    from benchmarks.side import sides
    from benchmarks.workload import workloads

    workload = next(w for w in workloads() if w.name == workload_name)
    with np.load(Path(folder) / "weights.npz") as stored:
        weights = {name: stored[name] for name in stored.files}
    x, y = (np.load(Path(folder) / f"{name}.npy") for name in "xy")
    side = sides()[name](workload, weights, threads=threads)
    answer({"loss": side.loss(x[:workload.batch], y[:workload.batch])})
    pacer = Pacer(answer)
    try:
        pacer.begin()
        if workload.inference:
            side.predict(x, pacer)
        else:
            side.train(x, y, pacer)
    except Done:
        pass
    answer({"peak_mb": peak_mb()})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
