"""Draws pictures at once, or in processes of their own while the training goes on.

To load matplotlib takes most of a second, and each picture some tenths of one, in which nothing else could happen in
this process: Python runs one thread at a time. A training that lasts has the time to get other processes ready.
"""

import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from dlcli.core.callback import Callback, Progress
from dlcli.report import painting

SOON = 2.0
"""Seconds of training after which further processes are worth their start."""
PROCESSES = 2
"""At the end of a training there are three pictures or more to draw, and nothing else to do."""


class _Job(NamedTuple):
    draw: Callable[..., None]
    path: Path
    arguments: dict[str, Any]


class Painter(Callback):
    """Draws pictures; as a callback of a training, it gets processes ready once that has lasted `soon` seconds.

    0 is for a training that will last: its processes are ready while its kernels are loaded, by one thread.

    Leave the `with` block, or call `finish`, and all pictures are there; a picture that a process could not draw is
    drawn here, so that an error is raised as if there were no other process.
    """

    def __init__(self, *, soon: float = SOON) -> None:
        self._soon = soon
        self._begun = float("inf")
        self._hands: list[_Hand] = []
        self._dealt = 0

    def __enter__(self) -> "Painter":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.finish()
        else:
            self._kill()

    def on_train_begin(self, loop: Progress) -> None:
        """The time runs from here."""
        self._begun = time.monotonic()
        self.on_batch_end(loop)

    def on_batch_end(self, loop: Progress) -> None:
        """Starts the processes where the training lasts."""
        if not self._hands and time.monotonic() - self._begun >= self._soon:
            self.start()

    def start(self) -> None:
        """Starts the processes."""
        for _ in range(PROCESSES):
            self._hands.append(_Hand())

    def paint(self, draw: Callable[..., None], path: Path, **arguments: Any) -> None:
        """Has `draw(path, **arguments)` called; `draw` is a function of a module in `dlcli.report`.

        Arguments are arrays, or what JSON can say; they must not change until `finish`.
        """
        if not self._hands:
            draw(path, **arguments)
            return
        self._hands[self._dealt % len(self._hands)].take(_Job(draw, path, arguments))
        self._dealt += 1

    def finish(self) -> None:
        """Waits for all pictures. Raises what drawing one raises."""
        self._begun = float("inf")
        try:
            missing = [hand.close() for hand in self._hands]
        except BaseException:  # such as a Ctrl-C, of which the other processes know nothing
            self._kill()
            raise
        self._hands = []
        for job in chain.from_iterable(missing):
            job.draw(job.path, **job.arguments)

    def _kill(self) -> None:
        hands, self._hands = self._hands, []
        for hand in hands:
            hand.kill()


class _Hand:
    """One process that draws, and what it was given to do."""

    def __init__(self) -> None:
        # A session of its own: a Ctrl-C is meant for the training, which then ends this process as it sees fit.
        self._process = subprocess.Popen(  # noqa: S603  # our own module, by the interpreter that runs this
            [sys.executable, "-m", painting.__name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        self._jobs: list[_Job] = []

    def take(self, job: _Job) -> None:
        """Hands a job over."""
        self._jobs.append(job)
        text = painting.encode(job.draw.__module__, job.draw.__name__, str(job.path), job.arguments)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(struct.pack("<Q", len(text)) + text)
            self._process.stdin.flush()
        except OSError:  # it has ended: `close` tells what is missing
            self._process.kill()

    def close(self) -> list[_Job]:
        """Waits until all is drawn; returns the jobs that are not."""
        out, _ = self._process.communicate()
        drawn = {json.loads(line) for line in out.splitlines()}
        return [job for number, job in enumerate(self._jobs) if number not in drawn]

    def kill(self) -> None:
        """Ends the process, whatever it is at."""
        self._process.kill()
        self._process.communicate()
