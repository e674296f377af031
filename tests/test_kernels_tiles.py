"""Products of small matrices inside compiled loops."""

import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("numba", reason="the compiled kernels need Numba: pip install 'dlcli[fast]'")

from dlcli.kernels.compiled._products import product
from dlcli.kernels.compiled._tiles import LONG

SHAPES = [
    (1, 1, 1), (6, 16, 3), (7, 17, 5), (10, 10, 64), (13, 40, 9), (12, 32, 1), (5, 3, 0), (17, 47, 8), (16, 64, 7),
]


def multiply(a, b, out, add):
    """out = a b, or out += a b, for arrays that are views into larger ones."""
    flat, rows = [], []
    for array in (a, b, out):
        whole = array if array.base is None else array.base
        at = (array.ctypes.data - whole.ctypes.data) // array.itemsize
        flat += [whole.reshape(-1, order="A"), at]
        rows.append([step // array.itemsize for step in array.strides])
    (a_, a_at, b_, b_at, to, to_at), (steps, (b_row, _), (row, _)) = flat, rows
    product(to, to_at, row, to, to_at, row, add, a_, a_at, *steps, b_, b_at, b_row, *out.shape, a.shape[1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("M", "N", "K"), SHAPES)
def test_product_is_that_of_numpy_and_touches_nothing_else(M, N, K, dtype):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((M, K)).astype(dtype), rng.standard_normal((K, N)).astype(dtype)
    around = np.full((M + 2, N + 2), 7, dtype)
    out = around[1:-1, 1:-1]
    expected = a.astype("float64") @ b.astype("float64")
    tolerance = {"rtol": 0, "atol": np.finfo(dtype).eps * 4 * (K + 1)}

    multiply(a, b, out, False)
    np.testing.assert_allclose(out, expected, **tolerance)
    multiply(np.asfortranarray(a), b, out, True)
    np.testing.assert_allclose(out, 2 * expected, **tolerance)
    around[1:-1, 1:-1] = 7
    assert (around == 7).all()


def test_what_is_not_a_number_stays_in_its_row_and_column():
    a, b = np.ones((8, 4), "float32"), np.ones((4, 20), "float32")
    a[7, 0] = np.nan
    b[3, 18] = np.inf
    out = np.empty((8, 20), "float32")
    multiply(a, b, out, False)
    assert np.isnan(out[7]).all() and (out[:7, :18] == 4).all() and np.isinf(out[:7, 18]).all()


@pytest.mark.parametrize("rows", [1, 4, 6, 9])
def test_a_row_has_the_same_bits_however_many_there_are(rows):
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((9, 50)).astype("float32"), rng.standard_normal((50, 23)).astype("float32")
    whole, part = np.empty((9, 23), "float32"), np.empty((rows, 23), "float32")
    multiply(a, b, whole, False)
    multiply(a[:rows], b, part, False)
    assert np.array_equal(part, whole[:rows])


@pytest.mark.skipif(not LONG, reason="needs a processor with AVX-512, whose tiles are compared with those of AVX2")
def test_the_length_of_registers_changes_no_bit():
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((29, 70)).astype("float32"), rng.standard_normal((70, 75)).astype("float32")
    out = np.empty((29, 75), "float32")
    multiply(a, b, out, False)
    done = subprocess.run(
        [sys.executable, "-c", SHORTER], input=a.tobytes() + b.tobytes(), capture_output=True, check=True,
        env={**os.environ, "NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": "+avx2,+fma,-avx512f"},
    )
    assert done.stdout == b"6 " + out.tobytes()


SHORTER = """
import sys
import numpy as np
from dlcli.kernels.compiled._products import product
from dlcli.kernels.compiled._tiles import ROWS

numbers = np.frombuffer(sys.stdin.buffer.read(), "float32")
out = np.empty(29 * 75, "float32")
a, b = numbers[:29 * 70].copy(), numbers[29 * 70:].copy()
product(out, 0, 75, out, 0, 75, False, a, 0, 70, 1, b, 0, 75, 29, 75, 70)
sys.stdout.buffer.write(b"%d " % ROWS + out.tobytes())
"""
