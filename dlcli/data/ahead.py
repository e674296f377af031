"""Work done ahead of time by other threads, in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


@contextmanager
def ahead(jobs: Iterable[Callable[[], T]], *, threads: int, depth: int) -> Iterator[Iterator[T]]:
    """The results of `jobs` in their order, `depth` of them finished or under way while one is in use.

    So a job may write where the one `depth + 1` before it wrote. What a job raises is raised where its result would
    have come. At the end of the block, however it ends, no job begins any more and those under way are waited for.
    """
    floating: Any = np.geterr()  # how NumPy treats overflow belongs to a thread
    with ThreadPoolExecutor(threads, "batches", partial(np.seterr, **floating)) as pool:
        try:
            yield _in_order(pool, iter(jobs), depth)
        finally:
            pool.shutdown(cancel_futures=True)


def _in_order(pool: ThreadPoolExecutor, jobs: Iterator[Callable[[], T]], depth: int) -> Iterator[T]:
    under_way: deque[Future[T]] = deque(pool.submit(job) for job in islice(jobs, depth + 1))
    while under_way:
        yield under_way.popleft().result()
        under_way.extend(pool.submit(job) for job in islice(jobs, 1))


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
