"""What the walks of recurrent layers share.

R, b and W are joined: what a step reads is the state before it, a one for the bias, and x, K = H + 1 + I numbers. So a
step's sums are one product, and the gradients of all three are one product over all steps. Twins lay out what they
keep from forward to backward, and their working memory, each in the way that suits it; the sizes suit both.
"""

from collections.abc import Callable, Iterator
from math import prod

import numpy as np

from dlcli.kernels.crew import SEATS

Bend = Callable[[np.ndarray, np.ndarray], None]
"""Puts its first argument through an activation, in place, and fills the second with the derivatives there."""

BLOCK = 65_536
"""Gate values a block: what backward prepares for several steps at once is still in cache when they are walked."""
GROUP = 32
"""Most rows of the batch that compiled kernels walk from the first step to the last before they turn to others."""
LINE = 32
"""Arrays begin at multiples of so many numbers: that is whole cache lines, and whole tiles of compiled kernels."""


def steps_at_once(T: int, width: int) -> int:
    """Of the T steps of `width` gate values, so many are prepared as one block."""
    return min(T, max(1, BLOCK // max(1, width)))


def kept_size(T: int, N: int, H: int, features: int, *, gates: int, cells: int = 0, slopes: int = 0) -> int:
    """Numbers that a walk keeps: `gates`, `cells` and `slopes` say how many of H numbers for each step."""
    return (T + 1) * N * (H + 1 + features + (gates + cells + slopes) * H) + 16 * LINE


def work_size(T: int, N: int, H: int, features: int, *, gates: int) -> int:
    """Numbers of working memory that a walk needs, there and back."""
    K, width, rows = H + 1 + features, gates * H, min(N + SEATS, SEATS * GROUP)
    compiled = K * whole(width) + whole(width) * whole(max(H, features)) + rows * (whole(width) + 4 * whole(H))
    plain = 3 * K * width + (K + width) * T * N + (width + 6 * H) * N * steps_at_once(T, N * width) + features * T * N
    return max(compiled, plain) + 16 * LINE


def carved(memory: np.ndarray, *shapes: tuple[int, ...]) -> Iterator[np.ndarray]:
    """Arrays of these shapes from a vector of memory, one after the other."""
    at = 0
    for shape in shapes:
        size = prod(shape)
        yield memory[at:at + size].reshape(shape)
        at += whole(size)


def whole(count: int) -> int:
    """Numbers up to the next line."""
    return -(-count // LINE) * LINE


def last_first(x: np.ndarray, H: int, *, out: np.ndarray) -> None:
    """The columns of the last gate before those of the others, as the walks have them."""
    out[..., :H], out[..., H:] = x[..., -H:], x[..., :-H]


def first_last(x: np.ndarray, H: int, *, out: np.ndarray) -> None:
    """The way back from `last_first`."""
    out[..., -H:], out[..., :-H] = x[..., :H], x[..., H:]


def entered(x: np.ndarray, hx: np.ndarray, H: int, backwards: bool) -> None:
    """Fills what every step reads, hx: (T + 1, K, N), save for the states that are yet to come."""
    hx[0, :H], hx[:, H] = 0, 1
    hx[:-1, H + 1:] = x.transpose(1, 2, 0)[::-1 if backwards else 1]
