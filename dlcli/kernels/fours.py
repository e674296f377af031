"""The four outputs in each window of 2 x 2, of which a max pooling takes the largest, in four arrays of their own.

So they are compared as they are, in long runs. z: (2, 2, windows, F), first their rows, then their columns.
"""

from collections.abc import Iterator
from math import prod

import numpy as np

from dlcli.kernels.im2col import Window
from dlcli.kernels.winograd import Tiles


def every_second(
    x: np.ndarray, shape: tuple[int, ...], bordered: np.ndarray, window: Window,
) -> Iterator[tuple[int, int, np.ndarray, Window]]:
    """For each place in windows of 2 x 2 outputs: the image, and the window that gives y of `shape` there.

    So the four numbers of which the largest is wanted lie in four arrays, which are compared as they are.
    """
    (top, left), (H, W) = window.before, x.shape[1:3]
    if window.padded:
        whole = (len(x), H + top + window.after[0], W + left + window.after[1], x.shape[3])
        source = bordered[:prod(whole)].reshape(whole)
        source.fill(0)
        np.copyto(source[:, top:top + H, left:left + W], x)
        x = source
    height, width, apart = one_in_four(shape[1:3], window)
    sh, sw = window.strides
    for i in (0, 1):
        for j in (0, 1):
            yield i, j, x[:, i * sh:i * sh + height, j * sw:j * sw + width], apart


def one_in_four(positions: tuple[int, ...], window: Window) -> tuple[int, int, Window]:
    """Rows and columns of the images in which every second window has these positions, and that window."""
    height, width = (
        2 * (count - 1) * stride + (size - 1) * dilation + 1
        for count, size, stride, dilation in zip(positions, *window[:3], strict=True)
    )
    return height, width, Window(window.size, (2 * window.strides[0], 2 * window.strides[1]), window.dilation)


def largest(z: np.ndarray, y: np.ndarray, later: np.ndarray | None) -> None:
    """y of the four z: (2, 2, windows, F), which is overwritten.

    `later` says where the second column is larger than the first, (2, windows, F), and where the second row is.
    """
    F = z.shape[3]
    if later is not None:
        np.greater(z[:, 1], z[:, 0], out=later.reshape(3, -1, F)[:2])
    np.maximum(z[:, 0], z[:, 1], out=z[:, 0])
    if later is not None:
        np.greater(z[1, 0], z[0, 0], out=later.reshape(3, -1, F)[2])
    np.maximum(z[0, 0], z[1, 0], out=y.reshape(-1, F))


def spread(dy: np.ndarray, later: np.ndarray, z: np.ndarray) -> None:
    """The way back of `largest`."""
    F = z.shape[3]
    right, low, flat = later.reshape(3, -1, F)[:2], later.reshape(3, -1, F)[2], dy.reshape(-1, F)
    np.copyto(z[1, 1], low)  # numbers are faster to multiply by than truths
    np.multiply(flat, z[1, 1], out=z[1, 0])
    np.subtract(flat, z[1, 0], out=z[0, 0])
    np.copyto(z[:, 1], right)
    np.multiply(z[:, 0], z[:, 1], out=z[:, 1])
    np.subtract(z[:, 0], z[:, 1], out=z[:, 0])


def side_by_side(z: np.ndarray, y: np.ndarray, tiles: Tiles) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same outputs in z: (2, 2, windows, F) and in y: (n, OH, OW, F)."""
    for i in (0, 1):
        for j in (0, 1):
            part = y[:, i::2, j::2]
            yield z[i, j].reshape(-1, tiles.rows, tiles.columns, tiles.F)[:, :part.shape[1], :part.shape[2]], part
