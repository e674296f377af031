"""Working memory: zero at first, kept between steps, and nobody else's."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from dlcli.core.memory import LARGE, Memory, aligned_zeros


def taken(size: int, dtype: str) -> np.ndarray:
    """New working memory."""
    return Memory(np.dtype(dtype)).empty("x", (size,))


@pytest.mark.parametrize("size", [0, 1, 1000, LARGE // 8, LARGE // 4, LARGE])
def test_new_memory_is_zero_and_aligned(size: int) -> None:
    for array in (aligned_zeros(size, "float32"), taken(size, "float32")):
        assert array.shape == (size,) and array.dtype == np.float32 and not array.any()
        assert size == 0 or array.ctypes.data % 64 == 0


def test_no_two_arrays_share_memory_also_where_lanes_take_it_side_by_side() -> None:
    sizes = [(7 * place) % 5000 + 1 for place in range(2000)]
    with ThreadPoolExecutor(4) as pool:
        arrays = list(pool.map(lambda size: taken(size, "float64"), sizes))
    for mark, array in enumerate(arrays):
        array += mark
    assert all((array == mark).all() and array.size == size
               for mark, (array, size) in enumerate(zip(arrays, sizes, strict=True)))


def test_a_name_keeps_its_memory_until_a_larger_shape_is_asked_for() -> None:
    memory = Memory(np.dtype(np.float32))
    first = memory.empty("x", (4, 3))
    first[...] = 7
    assert memory.empty("x", (4, 3)) is first
    smaller = memory.empty("x", (2, 3))
    assert np.shares_memory(smaller, first) and (smaller == 7).all()
    larger = memory.empty("x", (5, 3))
    assert not np.shares_memory(larger, first) and not larger.any()
    assert memory.nbytes == larger.nbytes


def test_memory_that_nobody_uses_is_given_back() -> None:
    tracemalloc.start()
    try:
        for _ in range(200):  # 200 MB in all, a megabyte at a time
            taken(1 << 20, "uint8")
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 8 * LARGE
