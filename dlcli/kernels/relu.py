"""max(x, 0) at the speed of two arrays: NumPy's maximum is vectorised for those, but not for an array and a number."""

import numpy as np

from dlcli.kernels.choice import kernel

BLOCK = 16_384
"""Most zeros that are compared with at a time."""


def zeros_shape(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """Shape of the zeros that `relu` compares with: that of x, `size` numbers, or a vector for a large x."""
    return shape if size <= BLOCK else (BLOCK,)


@kernel
def relu(x: np.ndarray, *, out: np.ndarray, zeros: np.ndarray) -> np.ndarray:
    """max(x, 0) into `out`, contiguous; `zeros`: zeros of `zeros_shape(x.shape, x.size)`."""
    if x.shape == zeros.shape:
        np.maximum(x, zeros, out=out)
        return out
    values, results = x.reshape(-1), out.reshape(-1)
    for start in range(0, values.size, BLOCK):
        value = values[start:start + BLOCK]
        np.maximum(value, zeros[:value.size], out=results[start:start + BLOCK])
    return out


@kernel
def relu_gradient(dy: np.ndarray, y: np.ndarray, *, out: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """dy where y > 0, else 0, into `out`; `alive`: bool of the shape of y, working memory."""
    np.greater(y, 0, out=alive)
    out[...] = alive  # converting first is faster than multiplying by a mask
    out *= dy
    return out
