"""Ctrl-C, SIGTERM or a closed terminal while training: end after the step at hand; a second one stops at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dlcli.train.loop import Loop


def ending_signals() -> list[int]:
    """Those that ask a training to end. SIGHUP only where there is one and it is not ignored, as under `nohup`."""
    hangup = [getattr(signal, name) for name in ("SIGHUP",) if hasattr(signal, name)]
    return [signal.SIGINT, signal.SIGTERM, *(number for number in hangup if signal.getsignal(number) != signal.SIG_IGN)]


@contextmanager
def stop_on_signals(trainer: Loop) -> Iterator[None]:
    """Sets `trainer.signal` on the first signal; the second one does what it would have done without this."""
    before = {number: signal.getsignal(number) for number in ending_signals()}

    def stop(number: int, _frame: FrameType | None) -> None:
        trainer.signal = number
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    try:
        for number in before:
            signal.signal(number, stop)
    except ValueError:  # not the main thread: signals are the caller's business
        yield
        return
    try:
        yield
    finally:
        restore()
