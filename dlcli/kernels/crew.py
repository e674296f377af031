"""Threads that help inside one compiled kernel, where a step is too short to be cut into lanes.

A lane is handed to its thread by the interpreter, which takes some 50 microseconds. Helpers wait inside compiled code
for what they are called to, and begin within one; after a while without work they sleep, and must be woken. Kernels
share out pieces whose results do not depend on who computes them, so the number of threads changes no bit.
"""

import threading
import time
import weakref

import numpy as np

from dlcli.core.memory import aligned_zeros
from dlcli.kernels import choice

LINE = 16
"""Numbers from one word to the next: two lines of cache, which some machines fetch together."""
SEATS = 8
"""Most threads of a crew; kernels have working memory for so many. What is left to one lane is soon done by these."""
HEAD = 6
"""Words before those of helpers; see compiled._crew."""
_STAY = 0.0005
"""Seconds that a helper looks for work before it sleeps; how often it looks in that time it finds out."""
_LONGEST_NAP = 1024
"""Kernels that pass, at most, until a helper is woken again that was woken in vain."""

SMALL = 50_000
"""Products of two numbers up to which a kernel is left to one thread: some microseconds."""

ALONE = np.empty(0, np.int64)
"""The words of a thread without help."""

_here = threading.local()


class Crew:
    """A thread that leads and `threads` - 1 that help it, as soon as there is work for them; with NumPy's kernels none.

    A crew belongs to the thread that calls `lead`; `close` ends the helpers.
    """

    def __init__(self, threads: int) -> None:
        self.helpers = max(1, min(threads, SEATS)) - 1 if choice.in_use() == "numba" else 0
        self._words = ALONE
        self._helpers: list[_Helper] = []
        self._end = weakref.finalize(self, _end, self._helpers)

    def lead(self) -> None:
        """From now on this crew helps in the kernels that this thread calls."""
        _here.crew = self

    def words(self) -> np.ndarray:
        """What threads know of each other; wakes those that sleep."""
        if not self._helpers:
            if not self.helpers:
                return ALONE
            self._words = aligned_zeros((HEAD + self.helpers) * LINE, np.dtype(np.int64))
            try:
                for seat in range(1, self.helpers + 1):
                    self._helpers.append(_Helper(self._words, seat))
            except RuntimeError:  # the system starts no more threads; nobody waits for one that is not there
                self.helpers = len(self._helpers)
        for helper in self._helpers:
            if helper.asleep:
                helper.wake()
        return self._words

    def close(self) -> None:
        """Ends the helpers."""
        self.helpers, self._words = 0, ALONE
        self._end()
        if getattr(_here, "crew", None) is self:
            del _here.crew


class _Helper(threading.Thread):
    def __init__(self, words: np.ndarray, seat: int) -> None:
        super().__init__(name=f"helper {seat}", daemon=True)
        self._words, self._seat = words, seat
        self._bed = threading.Lock()
        self._bed.acquire()
        self._ended = False
        self.asleep = True
        self._nap = self._passed = 0
        self._patience = 5000
        self.start()

    def wake(self) -> None:
        """Wakes it, unless it has been woken in vain lately."""
        self._passed += 1
        if self._passed > self._nap:
            self._passed = 0
            self.asleep = False
            self._bed.release()

    def end(self) -> None:
        self._ended = True
        if self._bed.locked():  # else it has been woken, and will see
            self._bed.release()
        self.join()

    def run(self) -> None:
        from dlcli.kernels.compiled._crew import serve

        serve(self._words, self._seat, 0)  # is compiled, or loaded
        while True:
            self._bed.acquire()
            if self._ended:
                return
            begun = time.perf_counter()
            worked = serve(self._words, self._seat, self._patience)
            if worked:
                self._nap = 0
            else:
                self._nap = min(2 * self._nap + 1, _LONGEST_NAP)
                self._patience = int(self._patience * min(4, max(0.25, _STAY / (time.perf_counter() - begun)))) + 100
            self.asleep = True


def _end(helpers: "list[_Helper]") -> None:
    while helpers:
        helpers.pop().end()


def help_for(work: int) -> np.ndarray:
    """What a compiled kernel is given that may be shared out: the words of the crew that this thread leads, if any.

    `work`: about how often it multiplies two numbers; where that is little, it is left to the thread that calls it.
    """
    crew = getattr(_here, "crew", None) if work > SMALL else None
    return ALONE if crew is None else crew.words()
