"""How many products of numbers the machine can do: the yardstick of all shares."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

SIZE = 768


def gemm_peak(threads: int, *, rounds: int = 7) -> float:
    """Multiplications and additions per second in float32 products of matrices, one product a thread at a time."""
    rng = np.random.default_rng(0)
    work = [tuple(rng.random((SIZE, SIZE), np.float32) for _ in range(3)) for _ in range(threads)]

    def multiply(arrays: tuple[np.ndarray, ...]) -> None:
        for _ in range(4):
            np.matmul(arrays[0], arrays[1], out=arrays[2])

    best = float("inf")
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        for _ in range(rounds):
            started = time.perf_counter()
            list(pool.map(multiply, work))
            best = min(best, time.perf_counter() - started)
    return 2 * SIZE**3 * 4 * threads / best
