"""Convolutions, all of one in a call, with no matrix of windows in memory: a few rows or tiles at a time."""

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from dlcli.kernels.compiled import _direct, _winograd
from dlcli.kernels.crew import help_for
from dlcli.kernels.im2col import Window
from dlcli.kernels.winograd import fits

_NOWHERE = np.empty((0,) * 5, np.uint8)
"""Given as the place of largest numbers where nobody will ask for it."""


def convolution_size(shape: tuple[int, ...], W: np.ndarray, window: Window, *, pool: bool = False) -> int:
    """As its twin."""
    return _way(shape, W.shape, window, pool).forward_size


def convolution(
    x: np.ndarray, W: np.ndarray, b: np.ndarray | None, *, out: np.ndarray, work: np.ndarray, window: Window,
    pool: bool = False, relu: bool = False, place: np.ndarray | None = None,
) -> np.ndarray:
    """As its twin."""
    way = _way(x.shape, W.shape, window, pool)
    if b is None:
        b, work = work[:way.F], work[way.F:]
        b.fill(0)
    (_winograd if way.tiled else _direct).forward(
        help_for(way.products), x, W, b, out, _NOWHERE if place is None else place, work, way.table, pool, relu,
        place is not None,
    )
    return out


def convolution_gradient_size(shape: tuple[int, ...], W: np.ndarray, window: Window, *, pool: bool = False) -> int:
    """As its twin."""
    return _way(shape, W.shape, window, pool).backward_size


def convolution_gradient(
    x: np.ndarray, W: np.ndarray, dy: np.ndarray, *, dW: np.ndarray, db: np.ndarray | None, dx: np.ndarray | None,
    work: np.ndarray, window: Window, pool: bool = False, relu: bool = False, y: np.ndarray | None = None,
    place: np.ndarray | None = None,
) -> None:
    """As its twin."""
    way = _way(x.shape, W.shape, window, pool)
    F = way.F
    (_winograd if way.tiled else _direct).backward(
        x, W, dy if y is None else y, _NOWHERE if place is None else place, dy, dW, work[:F] if db is None else db,
        dW if dx is None else dx, work[F:], way.table, pool, relu, dx is not None,
    )


class _Way(NamedTuple):
    """How it is done: by tiles or not, what those functions want to know, and how much work there is for helpers."""

    tiled: bool
    F: int
    table: np.ndarray
    products: int
    forward_size: int
    backward_size: int


@lru_cache(1024)
def _way(shape: tuple[int, ...], kernel: tuple[int, ...], window: Window, pool: bool) -> _Way:
    """Found out once: a prediction of one image takes no longer than a few such questions."""
    (C, F), positions = kernel[2:], window.positions(shape)
    extents = (*shape, *positions, F)
    products = shape[0] * positions[0] * positions[1] * prod(kernel)
    if fits(window, C, F):
        table = _winograd.table(extents, window.before, pool)
        few = bool(table[-1])
        forward_size, backward_size = _winograd.forward_size(C, F, few), _winograd.backward_size(C, F)
        if not few:
            products = 0  # nobody helps
    else:
        table = _direct.table(extents, window, pool)
        rest = window, positions, C, F, pool
        forward_size, backward_size = _direct.forward_size(*rest, shape[0]), _direct.backward_size(*rest)
    return _Way(fits(window, C, F), F, table, products, F + forward_size, F + backward_size)
