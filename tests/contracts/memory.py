"""Finds code that allocates arrays where it should reuse its memory."""

import tracemalloc
from collections.abc import Callable

import numpy as np

BYTES = 1 << 17
"""Size of the arrays on which allocation is looked for."""
LIMIT = 1 << 14
"""More than all Python objects of a call and ufunc buffers of 128 numbers; far less than one array."""


def samples_for(*shapes: tuple[int, ...], itemsize: int = 8) -> int:
    """How many samples make the smallest array of these sample shapes `BYTES` large."""
    smallest = min(int(np.prod(shape)) for shape in shapes)
    return min(65_536, BYTES // (itemsize * smallest) + 1)


def peak_of(call: Callable[[], object], *, warm_up: int = 1) -> int:
    """Bytes that `call` has allocated at its worst moment, after `warm_up` calls; includes what it gives back.

    The least of three calls: threads of the test runner allocate too, but not every time.
    """
    for _ in range(warm_up):
        call()
    kept = np.setbufsize(128)
    tracemalloc.start()
    try:
        call()  # once under the tracer: it keeps some memory for itself
        peaks = []
        for _ in range(3):
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            call()
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
        return min(peaks)
    finally:
        tracemalloc.stop()
        np.setbufsize(kept)


def arrays_alive_after(call: Callable[[], object]) -> int:
    """Bytes of array data that are still held by what `call` returned, after a first call to warm up."""
    call()
    tracemalloc.start()
    try:
        result = call()
        snapshot = tracemalloc.take_snapshot()
        del result
    finally:
        tracemalloc.stop()
    numpy_only = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)
    return sum(trace.size for trace in snapshot.filter_traces([numpy_only]).traces)


def culprits(call: Callable[[], object], *, limit: int = LIMIT) -> str:
    """Where the memory was allocated that is there at the end of a call made by `call`, largest first."""
    tracemalloc.start(12)
    try:
        kept = call()
        snapshot = tracemalloc.take_snapshot()
        del kept
    finally:
        tracemalloc.stop()
    return "\n".join(str(s) for s in snapshot.statistics("lineno")[:8] if s.size > limit // 8)
