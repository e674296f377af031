"""Windows that slide over images, and the matrix that holds one window a row.

Axes: N samples, H and W rows and columns of an image, C its channels, OH and OW rows and columns of window
positions, KH and KW rows and columns of a window.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dlcli.kernels.choice import kernel

BLOCK = 262_144
"""Numbers of the matrix that are made at a time: as few images as keep it in the second and third cache."""

SHORT = 16
"""Below so many numbers in a row of a window the matrix is made transposed: copies of long runs are faster."""

Pair = tuple[int, int]


class Window(NamedTuple):
    """A window: its size and its steps along rows and columns, and the border of nothing before and after the image."""

    size: Pair
    strides: Pair = (1, 1)
    dilation: Pair = (1, 1)
    before: Pair = (0, 0)
    after: Pair = (0, 0)

    def positions(self, shape: tuple[int, ...]) -> Pair:
        """(OH, OW) over images x: (N, H, W, C)."""
        OH, OW = (
            (n + before + after - (k - 1) * d - 1) // s + 1
            for n, k, s, d, before, after in zip(shape[1:3], *self, strict=True)
        )
        return OH, OW

    @property
    def pointwise(self) -> bool:
        """Whether the windows are the pixels themselves."""
        return self == Window((1, 1))

    @property
    def padded(self) -> bool:
        """Whether there is a border."""
        return any((*self.before, *self.after))


def reach(window: Window, axis: int, k: int, positions: int, extent: int) -> tuple[slice, slice]:
    """The positions at which row k of the window (axis 0; its column: axis 1) meets the image, and what it meets."""
    stride, offset = window.strides[axis], k * window.dilation[axis] - window.before[axis]
    first = max(0, -(offset // stride))  # the smallest p with p * stride + offset >= 0
    last = min(positions, (extent - 1 - offset) // stride + 1)
    if last <= first:
        return slice(0, 0), slice(0, 0)
    start = first * stride + offset
    return slice(first, last), slice(start, start + (last - first - 1) * stride + 1, stride)


def meetings(window: Window, positions: Pair, image: Pair) -> list[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """For every place in the window, row by row: where y: (n, OH, OW, ...) and x: (n, H, W, ...) meet."""
    everything = slice(None)
    rows, columns = (
        [reach(window, axis, k, positions[axis], image[axis]) for k in range(window.size[axis])] for axis in (0, 1)
    )
    return [((everything, p, q), (everything, r, c)) for p, r in rows for q, c in columns]


def cuts(samples: int, numbers: int, block: int = BLOCK) -> Iterator[slice]:
    """Micro-batches of `samples` that need `numbers` numbers each."""
    step = max(1, min(samples, block // max(numbers, 1)))
    return (slice(start, min(start + step, samples)) for start in range(0, samples, step))


@kernel
def columns_size(shape: tuple[int, ...], window: Window) -> int:
    """Numbers of working memory that `columns` needs for x of that shape."""
    N, H, W, C = shape
    if window.pointwise:
        return 0
    OH, OW = window.positions(shape)
    each = OH * OW * (window.size[0] * window.size[1] * C + 1)
    n = max(1, min(N, BLOCK // max(each, 1)))
    return n * (each + _bordered(H, W, C, window) if window.padded else each)


def _bordered(H: int, W: int, C: int, window: Window) -> int:
    return (H + window.before[0] + window.after[0]) * (W + window.before[1] + window.after[1]) * C


@kernel
def columns(
    x: np.ndarray, window: Window, *, work: np.ndarray, ones: bool = False,
) -> Iterator[tuple[slice, np.ndarray]]:
    """The windows of x: (N, H, W, C), a micro-batch at a time: which samples, and (n * OH * OW, KH * KW * C).

    With `ones` there is one more column that is 1: a product with it takes the bias along. Not for pixels themselves.
    `work`: a vector of at least `columns_size` numbers. It holds one micro-batch, so each is gone with the next.
    """
    N, H, W, C = x.shape
    OH, OW = window.positions(x.shape)
    KH, KW = window.size
    K, L = KH * KW * C, KH * KW * C + ones
    if window.pointwise:
        for cut in cuts(N, H * W * C):
            yield cut, x[cut].reshape(-1, C)
        return
    pieces = list(cuts(N, OH * OW * (K + 1)))
    source = inner = x
    if window.padded:
        (top, left), n = window.before, pieces[0].stop
        size = n * _bordered(H, W, C, window)
        source = work[work.size - size:].reshape(
            n, H + top + window.after[0], W + left + window.after[1], C,
        )
        source.fill(0)
        inner = source[:, top:top + H, left:left + W]
    view = _windows(source, window, (OH, OW))
    for cut in pieces:
        n = cut.stop - cut.start
        if window.padded:
            np.copyto(inner[:n], x[cut])
            seen = view[:n]
        else:
            seen = view[cut]
        M = n * OH * OW
        if KW * C < SHORT:
            cols = work[:M * L].reshape(L, M)
            np.copyto(cols[:K].reshape(KH, KW, C, n, OH, OW), seen.transpose(3, 4, 5, 0, 1, 2))
            cols = cols.T
        else:
            cols = work[:M * L].reshape(M, L)
            np.copyto(cols[:, :K].reshape(seen.shape), seen)
        if ones:
            cols[:, K] = 1
        yield cut, cols


def _windows(x: np.ndarray, window: Window, positions: Pair) -> np.ndarray:
    """All windows of x: (n, H, W, C) as a view (n, OH, OW, KH, KW, C)."""
    n, h, w, c = x.strides
    (sh, sw), (dh, dw) = window.strides, window.dilation
    return as_strided(
        x, (len(x), *positions, *window.size, x.shape[3]), (n, h * sh, w * sw, h * dh, w * dw, c), writeable=False,
    )
