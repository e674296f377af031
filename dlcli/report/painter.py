"""Draws pictures at once, or in a process of its own while the training goes on.

To load matplotlib and to draw takes about a second, in which nothing else could happen in this process: Python runs
one thread at a time. A training that lasts has the time to get a second process ready.
"""

import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from dlcli.core.callback import Callback, Progress
from dlcli.report import painting

SOON = 2.0
"""Seconds of training after which a second process is worth its start."""


class _Job(NamedTuple):
    draw: Callable[..., None]
    path: Path
    arguments: dict[str, Any]


class Painter(Callback):
    """Draws pictures; as a callback of a training, it gets its process ready once that has lasted `soon` seconds.

    Leave the `with` block, or call `finish`, and all pictures are there; a picture that the process could not draw is
    drawn here, so that an error is raised as if there were no process.
    """

    def __init__(self, *, soon: float = SOON) -> None:
        self._soon = soon
        self._begun = float("inf")
        self._process: subprocess.Popen[bytes] | None = None
        self._jobs: list[_Job] = []

    def __enter__(self) -> "Painter":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.finish()
        elif self._process is not None:
            self._process.kill()
            self._process.communicate()

    def on_train_begin(self, loop: Progress) -> None:
        """The time runs from here."""
        self._begun = time.monotonic()

    def on_batch_end(self, loop: Progress) -> None:
        """Starts the process where the training lasts."""
        if self._process is None and time.monotonic() - self._begun > self._soon:
            self.start()

    def start(self) -> None:
        """Starts the process."""
        # A session of its own: a Ctrl-C is meant for the training, which then ends this process as it sees fit.
        self._process = subprocess.Popen(  # noqa: S603  # our own module, by the interpreter that runs this
            [sys.executable, "-m", painting.__name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )

    def paint(self, draw: Callable[..., None], path: Path, **arguments: Any) -> None:
        """Has `draw(path, **arguments)` called; `draw` is a function of a module in `dlcli.report`.

        Arguments are arrays, or what JSON can say; they must not change until `finish`.
        """
        job = _Job(draw, path, arguments)
        if self._process is None:
            draw(path, **arguments)
            return
        self._jobs.append(job)
        assert self._process.stdin is not None
        text = painting.encode(draw.__module__, draw.__name__, str(path), arguments)
        try:
            self._process.stdin.write(struct.pack("<Q", len(text)) + text)
            self._process.stdin.flush()
        except OSError:  # it has ended: `finish` draws what is missing
            self._process.kill()

    def finish(self) -> None:
        """Waits for all pictures. Raises what drawing one raises."""
        if self._process is None:
            return
        out, _ = self._process.communicate()
        self._process = None
        self._begun = float("inf")
        drawn = {json.loads(line) for line in out.splitlines()}
        jobs, self._jobs = self._jobs, []
        for number, job in enumerate(jobs):
            if number not in drawn:
                job.draw(job.path, **job.arguments)
