"""Many pieces of a file, read by one call of the system where it can do that, else one after the other.

Reading ahead must not hold up the step loop: a thread that comes back to Python after each piece takes the
interpreter from the one that trains, thousands of times a second. Linux takes a list of reads at once (io_submit, for
which neither Python nor the C library has a function); elsewhere, and where it refuses, pieces are read one by one.
"""

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Callable, Sequence
from threading import Lock
from typing import ClassVar

import numpy as np

_NUMBERS = {"x86_64": (206, 207, 209, 208), "aarch64": (0, 1, 2, 4), "riscv64": (0, 1, 2, 4)}
"""Numbers of io_setup, io_destroy, io_submit, io_getevents in the kernel's table of calls."""
_KNOWN = (sys.platform, sys.byteorder) == ("linux", "little") and platform.machine() in _NUMBERS
_AT_ONCE = 512
_REQUEST = np.dtype([
    ("data", "u8"), ("key", "u4"), ("flags", "u4"), ("opcode", "u2"), ("priority", "i2"), ("file", "u4"),
    ("buffer", "u8"), ("size", "u8"), ("place", "i8"), ("reserved", "u8"), ("more_flags", "u4"), ("event", "u4"),
])
"""struct iocb of linux/aio_abi.h; opcode 0 reads."""
_EVENT = np.dtype([("data", "u8"), ("request", "u8"), ("result", "i8"), ("result2", "i8")])


def read_pieces(file: int, places: np.ndarray, target: np.ndarray) -> None:
    """Reads as many bytes as a row of target: (N, size) uint8 has from each of the N places in the file.

    Raises OSError where reading fails, EOFError where the file ends within a piece.
    """
    many = _Many.take() if len(places) > 1 else None
    if many is not None:
        done = many.read(file, places, target)
        many.give_back()
        if done:
            return
    size, view = target.shape[1], target.data.cast("B")
    for begin, place in zip(range(0, len(view), size), places.tolist(), strict=True):
        read_piece(file, view[begin:begin + size], place)


def read_piece(file: int, into: memoryview, place: int) -> None:
    """Fills `into` with what lies in the file from `place` on: in several reads where a signal comes in between.

    Raises OSError where reading fails, EOFError where the file ends too soon.
    """
    while into:
        count = _read_at(file, (into,), place)
        if not count:
            raise EOFError("the file ends too soon")
        into, place = into[count:], place + count


class _Many:
    """A queue of the kernel, for one thread at a time; `take` hands out those that were given back."""

    _free: ClassVar[list["_Many"]] = []
    _refused: ClassVar[bool] = not _KNOWN

    def __init__(self) -> None:
        self._setup, self._destroy, self._submit, self._events = _NUMBERS[platform.machine()]
        self._call = ctypes.CDLL(None, use_errno=True).syscall
        self._call.restype = ctypes.c_long
        self._queue = ctypes.c_ulong(0)
        self._requests = np.zeros(_AT_ONCE, _REQUEST)
        self._finished = np.zeros(_AT_ONCE, _EVENT)
        self._requests["data"] = np.arange(_AT_ONCE)
        self._pointers = self._requests.ctypes.data + np.arange(_AT_ONCE, dtype=np.uint64) * _REQUEST.itemsize
        self._system(self._setup, _AT_ONCE, ctypes.addressof(self._queue))

    @classmethod
    def take(cls) -> "_Many | None":
        """One that is free, or a new one; None where the system has none to give."""
        if cls._refused:
            return None
        try:
            return cls._free.pop()
        except IndexError:
            pass
        try:
            return cls()
        except OSError:  # forbidden here, or all are in use by others
            cls._refused = True
            return None

    def give_back(self) -> None:
        """For others to use; one that was left in the middle of its work is not given back, and ends."""
        self._free.append(self)

    def read(self, file: int, places: np.ndarray, target: np.ndarray) -> bool:
        """Whether all pieces were read; where the file system refuses, the next way is to be tried."""
        size, first = target.shape[1], target.ctypes.data
        self._requests["file"], self._requests["size"] = file, size
        for start in range(0, len(places), _AT_ONCE):
            some = places[start:start + _AT_ONCE]
            n = len(some)
            self._requests["place"][:n] = some
            self._requests["buffer"][:n] = first + size * np.arange(start, start + n)
            if not self._run(n):
                return False
            finished = self._finished[:n]
            for number in np.flatnonzero(finished["result"] != size):  # cut off by the end of the file, or by an error
                piece = start + int(finished["data"][number])
                read_piece(file, target[piece].data.cast("B"), int(places[piece]))
        return True

    def _run(self, count: int) -> bool:
        """Submits the first `count` requests and waits for all; what is under way must end before memory is reused."""
        submitted = finished = 0
        refused = False
        while submitted < count and not refused:
            pointers = self._pointers.ctypes.data + 8 * submitted
            try:
                submitted += self._system(self._submit, self._queue.value, count - submitted, pointers)
            except OSError:
                refused = True
        while finished < submitted:
            left, events = submitted - finished, self._finished.ctypes.data + _EVENT.itemsize * finished
            finished += self._system(self._events, self._queue.value, left, left, events, 0)
        return not refused

    def _system(self, number: int, *arguments: int) -> int:
        while True:
            result = int(self._call(ctypes.c_long(number), *(ctypes.c_long(a) for a in arguments)))
            if result >= 0:
                return result
            if (code := ctypes.get_errno()) != errno.EINTR:
                raise OSError(code, os.strerror(code))

    def __del__(self) -> None:
        if self._queue.value:
            self._system(self._destroy, self._queue.value)


def _seek_and_read(file: int, into: Sequence[memoryview], place: int) -> int:
    """As `os.preadv`, for systems without: two calls, which no other thread may come between."""
    with _seeking:
        os.lseek(file, place, os.SEEK_SET)
        content = os.read(file, len(into[0]))
    into[0][:len(content)] = content
    return len(content)


_seeking = Lock()
_read_at: Callable[[int, Sequence[memoryview], int], int] = getattr(os, "preadv", _seek_and_read)
