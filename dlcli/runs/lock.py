"""Who may write to a directory: one process at a time, until it says so or ends."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dlcli.errors import DlcliError

try:
    import fcntl
except ImportError:  # no advisory locks on this platform: two writers are then not kept apart
    fcntl = None  # type: ignore[assignment]

_NAME = ".lock"


@contextmanager
def writing(folder: Path, refusal: Callable[[], DlcliError]) -> Iterator[None]:
    """Holds a directory for one writer. Raises what `refusal` makes where another process has it."""
    try:
        handle = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise DlcliError(
            f"cannot be written: {error.strerror}", where=str(folder), hint="check the permissions of the run",
        ) from None
    try:
        if not _taken(handle):
            raise refusal()
        yield
    finally:
        os.close(handle)


def held(folder: Path) -> bool:
    """Whether a process is writing to it."""
    try:
        handle = os.open(folder / _NAME, os.O_RDONLY)
    except OSError:
        return False
    try:
        if fcntl is None:
            return True
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: those who only ask do not see each other
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _taken(handle: int) -> bool:
    """Takes the lock for one writer; waits a moment for those who only ask whether it is held."""
    if fcntl is None:
        return True
    for attempt in range(20):
        if attempt:
            time.sleep(0.01)
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False
