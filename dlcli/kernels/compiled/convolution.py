"""Convolutions, all of one in a call, with no matrix of windows in memory: a few rows or tiles at a time."""

import numpy as np

from dlcli.kernels.compiled import _direct, _winograd
from dlcli.kernels.im2col import Window
from dlcli.kernels.winograd import fits


def convolution_size(shape: tuple[int, ...], W: np.ndarray, window: Window, *, pool: bool = False) -> int:
    """As its twin."""
    C, F = W.shape[2:]
    if fits(window, C, F):
        return F + _winograd.forward_size(C, F)
    return F + _direct.forward_size(window, window.positions(shape), C, F, pool)


def convolution(
    x: np.ndarray, W: np.ndarray, b: np.ndarray | None, *, out: np.ndarray, work: np.ndarray, window: Window,
    pool: bool = False, relu: bool = False, place: np.ndarray | None = None,
) -> np.ndarray:
    """As its twin."""
    C, F = W.shape[2:]
    extents = (*x.shape, *window.positions(x.shape), F)
    if b is None:
        b = work[:F]
        b.fill(0)
    keep = place is not None
    places = (work if place is None else place.reshape(-1)).view(np.uint8)
    rest = pool, relu, keep
    flat = x.reshape(-1), W.reshape(-1), b, out.reshape(-1), places, work[F:], extents
    if fits(window, C, F):
        _winograd.forward(*flat, window.before, _winograd.in_work(C, F), *rest)
    else:
        rows = _direct.rows_in_work(window, extents[4:6], C, F, pool)
        _direct.forward(*flat, window.size, window.strides, window.dilation, window.before, rows, *rest)
    return out


def convolution_gradient_size(shape: tuple[int, ...], W: np.ndarray, window: Window, *, pool: bool = False) -> int:
    """As its twin."""
    C, F = W.shape[2:]
    if fits(window, C, F):
        return F + _winograd.backward_size(C, F)
    return F + _direct.backward_size(window, window.positions(shape), C, F, pool)


def convolution_gradient(
    x: np.ndarray, W: np.ndarray, dy: np.ndarray, *, dW: np.ndarray, db: np.ndarray | None, dx: np.ndarray | None,
    work: np.ndarray, window: Window, pool: bool = False, relu: bool = False, y: np.ndarray | None = None,
    place: np.ndarray | None = None,
) -> None:
    """As its twin."""
    C, F = W.shape[2:]
    extents = (*x.shape, *window.positions(x.shape), F)
    if db is None:
        db = work[:F]
    places = (work if place is None else place.reshape(-1)).view(np.uint8)
    wanted, work = dx is not None, work[F:]
    flat = (
        x.reshape(-1), W.reshape(-1), (dy if y is None else y).reshape(-1), places, dy.reshape(-1), dW.reshape(-1), db,
        work if dx is None else dx.reshape(-1), work, extents,
    )
    if fits(window, C, F):
        _winograd.backward(*flat, window.before, _winograd.in_work(C, F), pool, relu, wanted)
    else:
        rows = _direct.rows_in_work(window, extents[4:6], C, F, pool)
        _direct.backward(*flat, window.size, window.strides, window.dilation, window.before, rows, pool, relu, wanted)
