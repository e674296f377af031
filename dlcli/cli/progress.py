"""The course of training on a terminal, and in a log."""

import shutil
import sys
import time
from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

from dlcli.core.callback import Callback, Progress
from dlcli.report.epoch_line import epoch_line, figure, fit

_NARROWEST, _WIDEST = 4, 24  # columns of the bar itself
_INTERVAL = 0.1  # seconds between two drawings


class Bar(Callback):
    """A moving line: epoch and batch, loss, metrics, samples a second, time left of the whole training."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None
        self._drawn = self._begun = 0.0
        self._before = 0  # batches that were done before this process began

    def on_train_begin(self, loop: Progress) -> None:
        """Starts the clock."""
        self._begun = time.monotonic()
        self._before = loop.epoch * loop.batches + loop.batch

    def on_epoch_begin(self, loop: Progress) -> None:
        """Draws an empty bar."""
        self._bar = tqdm(
            total=loop.batches, initial=loop.batch, file=sys.stderr, leave=False, dynamic_ncols=True,
            bar_format=f"epoch {loop.epoch + 1}/{loop.epochs} |{{bar:{_WIDEST}}}|",
            mininterval=float("inf"), maxinterval=float("inf"),
        )

    def on_batch_end(self, loop: Progress) -> None:
        """Draws again where the last drawing is old enough."""
        now = time.monotonic()
        if now - self._drawn < _INTERVAL or self._bar is None:
            return
        self._drawn = now
        done = loop.epoch * loop.batches + loop.batch - self._before
        left = (loop.epochs * loop.batches - self._before - done) * (now - self._begun) / done
        rate = loop.samples / loop.batch * done / (now - self._begun)
        figures = [f"{name} {figure(value)}" for name, value in loop.figures().items()]
        head = f"epoch {loop.epoch + 1}/{loop.epochs}"
        room = shutil.get_terminal_size().columns - len(f"{head} || ") - 1
        pace = f"{_short(rate)}/s  {tqdm.format_interval(left)} left"
        tail = fit([f"{loop.batch}/{loop.batches}", *figures, pace], room - _NARROWEST)
        bar = min(max(room - len(tail), _NARROWEST), _WIDEST)
        self._bar.n = loop.batch
        self._bar.bar_format = f"{head} |{{bar:{bar}}}| {tail}"
        self._bar.refresh()

    def on_epoch_end(self, loop: Progress, row: Mapping[str, Any]) -> None:
        """Puts the finished epoch's line in the place of the bar."""
        self._close()
        sys.stderr.write(epoch_line(row, loop.epochs, width=shutil.get_terminal_size().columns - 1) + "\n")

    def on_train_end(self, loop: Progress) -> None:
        """Takes the bar away."""
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class Lines(Callback):
    """One plain line an epoch, for logs and pipes."""

    def on_epoch_end(self, loop: Progress, row: Mapping[str, Any]) -> None:
        """Writes the line."""
        sys.stderr.write(epoch_line(row, loop.epochs) + "\n")
        sys.stderr.flush()


def _short(number: float) -> str:
    return f"{number / 1000:.1f}k" if number >= 1000 else f"{number:.0f}"
