"""Work that is cut into lanes: pieces of a batch that run side by side, in threads of their own where there are any."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcli.core.context import Flow
from dlcli.kernels.crew import Crew
from dlcli.train.lane_sum import LaneSum

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

QUIET: Any = {"over": "ignore", "invalid": "ignore", "divide": "ignore"}
"""How NumPy treats overflow while training; the setting belongs to a thread."""


class LanePool:
    """`count` lanes on at most `threads` threads, the caller's among them; `whole_batch`: lanes wait for each other."""

    def __init__(self, count: int, *, threads: int, whole_batch: bool) -> None:
        self.count = count
        self._sum = LaneSum(count)
        spare = threads if count == 1 else 1
        # Lanes that wait for each other need a thread each, however few may work at once.
        threads = count if whole_batch else min(threads, count)
        self._pool = _threads(threads - 1) if threads > 1 else None  # one of them is the thread that calls
        self._crew = Crew(spare)

    def flow(self, number: int) -> Flow:
        """What travels through a pass of the lane `number`; passes that meet need one of the same lane each."""
        return Flow(lane=number, all_reduce=partial(self._sum.add, number) if self.count > 1 else None)

    def active(self, samples: int) -> int:
        """How many lanes a batch of so many samples has a piece for."""
        return min(self.count, samples)

    def lead(self) -> None:
        """Gives the kernels that this thread calls from now on those threads that lanes do not need."""
        self._crew.lead()

    def run(self, samples: int, work: Callable[[int, slice], None]) -> None:
        """Calls `work(number, piece)` for each lane that has a piece, and waits for all; raises what a lane raised."""
        count = self.active(samples)
        if not count:
            return
        self.lead()
        if self.count > 1:
            self._sum.start(count)
        if count == 1:
            work(0, slice(0, samples))
            return

        def run(number: int) -> None:
            try:
                work(number, slice(samples * number // count, samples * (number + 1) // count))
            except BaseException as failure:
                self._sum.stop(failure)
                raise

        if self._pool is None:
            for failure in [_failure(run, number) for number in range(count)]:
                if failure is not None:
                    raise failure
            return
        elsewhere = [(number, self._pool.submit(run, number)) for number in range(1, count)]
        failures: list[BaseException | None] = [_failure(run, 0)]
        # All are waited for, also where one has failed: the next batch must find nobody at work.
        for number, future in reversed(elsewhere):  # the last ones may not have begun
            failures.append(_failure(run, number) if future.cancel() else future.exception())
        for failure in filter(None, failures):
            raise failure

    def close(self) -> None:
        """Ends the threads."""
        self._crew.close()
        if self._pool is not None:
            self._pool.shutdown()


def _failure(run: Callable[[int], None], number: int) -> BaseException | None:
    try:
        with np.errstate(**QUIET):  # as in threads of its own
            run(number)
    except BaseException as failure:
        return failure
    return None


def _threads(count: int) -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor  # takes a while to load, and most models need none

    return ThreadPoolExecutor(count, "lane", partial(np.seterr, **QUIET))
