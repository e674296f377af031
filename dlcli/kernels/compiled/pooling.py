"""Pooling and its derivatives, each in one pass."""

import numpy as np

from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.im2col import Pair, Window


def max_pool(x: np.ndarray, *, out: np.ndarray) -> np.ndarray:
    """As its twin."""
    _max_pool(x, out)
    return out


def max_pool_pairs(x: np.ndarray, *, out: np.ndarray, later: np.ndarray, work: np.ndarray) -> np.ndarray:
    """As its twin; needs no working memory."""
    _max_pool_pairs(x, out, later)
    return out


def max_pool_pairs_gradient(
    dy: np.ndarray, later: np.ndarray, *, out: np.ndarray, work: np.ndarray, share: np.ndarray,
) -> np.ndarray:
    """As its twin; needs no working memory."""
    OH, OW = dy.shape[1:3]
    if out.shape[1] > 2 * OH:
        out[:, 2 * OH:] = 0
    if out.shape[2] > 2 * OW:
        out[:, :, 2 * OW:] = 0
    _max_pool_pairs_gradient(dy, later.view(np.uint8), out)
    return out


def max_pool_places(
    x: np.ndarray, *, out: np.ndarray, place: np.ndarray, larger: np.ndarray, window: Window,
) -> np.ndarray:
    """As its twin; needs no working memory."""
    _max_pool_places(x, out, place, *_numbers(window))
    return out


def max_pool_places_gradient(
    dy: np.ndarray, place: np.ndarray, *, out: np.ndarray, chosen: np.ndarray, share: np.ndarray, window: Window,
) -> np.ndarray:
    """As its twin; needs no working memory."""
    out.fill(0)
    _max_pool_places_gradient(dy, place, out, *_numbers(window))
    return out


def _numbers(window: Window) -> tuple[Pair, Pair, Pair, Pair]:
    return window.size, window.strides, window.dilation, window.before


@jit()
def _max_pool(x, y):
    N, OH, OW, C = y.shape
    for n in range(N):
        for p in range(OH):
            for q in range(OW):
                for c in range(C):
                    most = x[n, 2 * p, 2 * q, c]
                    for other in (x[n, 2 * p, 2 * q + 1, c], x[n, 2 * p + 1, 2 * q, c], x[n, 2 * p + 1, 2 * q + 1, c]):
                        most = other if other > most or other != other else most  # NaN stays
                    y[n, p, q, c] = most


@jit()
def _max_pool_pairs(x, y, later):
    N, OH, OW, C = y.shape
    for n in range(N):
        for p in range(OH):
            for q in range(OW):
                for c in range(C):
                    a, b = x[n, 2 * p, 2 * q, c], x[n, 2 * p, 2 * q + 1, c]
                    d, e = x[n, 2 * p + 1, 2 * q, c], x[n, 2 * p + 1, 2 * q + 1, c]
                    later[n, p, 0, q, c], later[n, p, 1, q, c] = b > a, e > d
                    upper, lower = b if b > a or b != b else a, e if e > d or e != e else d
                    later[n, p, 2, q, c] = lower > upper
                    y[n, p, q, c] = lower if lower > upper or lower != lower else upper


@jit()
def _max_pool_pairs_gradient(dy, later, dx):
    """One loop for each number of a window, and numbers in place of conditions: so the loops use whole vectors."""
    N, OH, OW, C = dy.shape
    number = dy.dtype.type
    for n in range(N):
        for p in range(OH):
            for q in range(OW):
                d, low = dy[n, p, q], later[n, p, 2, q]
                first, second = later[n, p, 0, q], later[n, p, 1, q]
                place = dx[n, 2 * p, 2 * q]
                for c in range(C):
                    place[c] = d[c] * (number(1) - number(low[c])) * (number(1) - number(first[c]))
                place = dx[n, 2 * p, 2 * q + 1]
                for c in range(C):
                    place[c] = d[c] * (number(1) - number(low[c])) * number(first[c])
                place = dx[n, 2 * p + 1, 2 * q]
                for c in range(C):
                    place[c] = d[c] * number(low[c]) * (number(1) - number(second[c]))
                place = dx[n, 2 * p + 1, 2 * q + 1]
                for c in range(C):
                    place[c] = d[c] * number(low[c]) * number(second[c])


@jit()
def _max_pool_places(x, y, place, size, strides, dilation, before):
    N, OH, OW, C = y.shape
    H, W = x.shape[1], x.shape[2]
    y.fill(-np.inf)
    place.fill(0)
    for n in range(N):
        for p in range(OH):
            for i in range(size[0]):
                h = p * strides[0] + i * dilation[0] - before[0]
                if h < 0 or h >= H:
                    continue
                for q in range(OW):
                    for j in range(size[1]):
                        w = q * strides[1] + j * dilation[1] - before[1]
                        if w < 0 or w >= W:
                            continue
                        number = place.dtype.type(i * size[1] + j)
                        for c in range(C):
                            value = x[n, h, w, c]
                            place[n, p, q, c] = number if value > y[n, p, q, c] else place[n, p, q, c]
                            y[n, p, q, c] = value if value > y[n, p, q, c] or value != value else y[n, p, q, c]


@jit()
def _max_pool_places_gradient(dy, place, dx, size, strides, dilation, before):
    N, OH, OW, C = dy.shape
    for n in range(N):
        for p in range(OH):
            for q in range(OW):
                for c in range(C):
                    number = np.int64(place[n, p, q, c])
                    h = p * strides[0] + number // size[1] * dilation[0] - before[0]
                    w = q * strides[1] + number % size[1] * dilation[1] - before[1]
                    if 0 <= h < dx.shape[1] and 0 <= w < dx.shape[2]:
                        dx[n, h, w, c] += dy[n, p, q, c]
