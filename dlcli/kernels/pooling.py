"""Pooling: the largest number of a window, or its mean, channel by channel, and their derivatives.

x: (N, H, W, C), y: (N, OH, OW, C). Cells beyond the edge of the image take no part.
"""

import numpy as np

from dlcli.kernels.choice import kernel
from dlcli.kernels.im2col import Pair, Window, cuts, meetings

BLOCK = 262_144
"""Numbers of x that are worked on at a time; smaller blocks gain less in cache than they cost in calls."""

PAIRS = Window((2, 2), (2, 2))
"""The window of nearly all networks, for which there is a faster way."""


@kernel
def max_pool(x: np.ndarray, *, out: np.ndarray) -> np.ndarray:
    """y of x into `out` for windows of 2 x 2 side by side, where nobody wants to go back."""
    OH, OW = out.shape[1:3]
    a, b, c, d = (x[:, i:2 * OH:2, j:2 * OW:2] for i in (0, 1) for j in (0, 1))
    for cut in cuts(len(x), x[0].size, BLOCK):
        y = out[cut]
        np.maximum(a[cut], b[cut], out=y)
        np.maximum(y, c[cut], out=y)
        np.maximum(y, d[cut], out=y)
    return out


@kernel
def max_pool_pairs(x: np.ndarray, *, out: np.ndarray, later: np.ndarray, work: np.ndarray) -> np.ndarray:
    """As `max_pool`, and keeps in `later`: (N, OH, 3, OW, C) bool which number was the largest.

    [:, :, :2] says of each row of the window whether its second number is larger than its first; [:, :, 2] whether
    the second row is. Of equal numbers the first one counts. `work`: (n, OH, 2, OW, C) for a micro-batch of n.
    """
    OH, OW = out.shape[1:3]
    left, right = (_pairs_of_rows(x, OH)[:, :, :, j:2 * OW:2] for j in (0, 1))
    for cut in cuts(len(x), x[0].size, BLOCK):
        large, y, a, b = work[:cut.stop - cut.start], out[cut], left[cut], right[cut]
        np.greater(b, a, out=later[cut, :, :2])
        np.maximum(a, b, out=large)
        np.greater(large[:, :, 1], large[:, :, 0], out=later[cut, :, 2])
        np.maximum(large[:, :, 0], large[:, :, 1], out=y)
    return out


@kernel
def max_pool_pairs_gradient(
    dy: np.ndarray, later: np.ndarray, *, out: np.ndarray, work: np.ndarray, share: np.ndarray,
) -> np.ndarray:
    """dx of dy into `out`; `work` and `share`: (n, OH, 2, OW, C)."""
    OH, OW = dy.shape[1:3]
    H, W = out.shape[1:3]
    if H > 2 * OH:
        out[:, 2 * OH:] = 0
    if W > 2 * OW:
        out[:, :, 2 * OW:] = 0
    left, right = (_pairs_of_rows(out, OH)[:, :, :, j:2 * OW:2] for j in (0, 1))
    for cut in cuts(len(dy), out[0].size, BLOCK):
        n = cut.stop - cut.start
        d, rows, part = dy[cut], work[:n], share[:n]
        np.multiply(d, _numbers(later[cut, :, 2], part[:, :, 0]), out=rows[:, :, 1])
        np.subtract(d, rows[:, :, 1], out=rows[:, :, 0])
        second = right[cut]
        np.multiply(rows, _numbers(later[cut, :, :2], part), out=part)
        np.copyto(second, part)
        np.subtract(rows, part, out=left[cut])
    return out


def _pairs_of_rows(x: np.ndarray, OH: int) -> np.ndarray:
    """x: (N, H, W, C) as a view (N, OH, 2, W, C)."""
    n, h, w, c = x.strides
    return np.lib.stride_tricks.as_strided(x, (len(x), OH, 2, *x.shape[2:]), (n, 2 * h, h, w, c))


def _numbers(truth: np.ndarray, out: np.ndarray) -> np.ndarray:
    """1 for True and 0 for False, as numbers: faster to multiply by."""
    np.copyto(out, truth)
    return out


@kernel
def max_pool_places(
    x: np.ndarray, *, out: np.ndarray, place: np.ndarray, larger: np.ndarray, window: Window,
) -> np.ndarray:
    """y of x into `out` for any window; keeps in `place`: (N, OH, OW, C), small integers, which number was the largest.

    Places are counted row by row; of equal numbers the first one counts. `larger`: (n, OH, OW, C) bool is working
    memory for a micro-batch of n.
    """
    met = meetings(window, _extents(out), _extents(x))
    for cut in cuts(len(x), x[0].size, BLOCK):
        seen, y, which, mask = x[cut], out[cut], place[cut], larger[:cut.stop - cut.start]
        y.fill(-np.inf)
        which.fill(0)
        for number, (at, to) in enumerate(met):
            np.greater(seen[to], y[at], out=mask[at])
            np.copyto(which[at], number, where=mask[at])
            np.maximum(y[at], seen[to], out=y[at])
    return out


@kernel
def max_pool_places_gradient(
    dy: np.ndarray, place: np.ndarray, *, out: np.ndarray, chosen: np.ndarray, share: np.ndarray, window: Window,
) -> np.ndarray:
    """dx of dy into `out`; `chosen` (bool) and `share`: (n, OH, OW, C) are working memory."""
    met = meetings(window, _extents(dy), _extents(out))
    for cut in cuts(len(dy), out[0].size, BLOCK):
        n = cut.stop - cut.start
        dx, d, which, mask, part = out[cut], dy[cut], place[cut], chosen[:n], share[:n]
        dx.fill(0)
        for number, (at, to) in enumerate(met):
            np.equal(which, number, out=mask)
            np.multiply(d, _numbers(mask, part), out=part)
            np.add(dx[to], part[at], out=dx[to])
    return out


def average_pool(x: np.ndarray, shares: np.ndarray, *, out: np.ndarray, window: Window) -> np.ndarray:
    """y of x into `out`; `shares`: (OH, OW, 1) is 1 / the number of cells that a window has inside the image."""
    met = meetings(window, _extents(out), _extents(x))
    for cut in cuts(len(x), x[0].size, BLOCK):
        seen, y = x[cut], out[cut]
        y.fill(0)
        for at, to in met:
            np.add(y[at], seen[to], out=y[at])
        np.multiply(y, shares, out=y)
    return out


def average_pool_gradient(
    dy: np.ndarray, shares: np.ndarray, *, out: np.ndarray, work: np.ndarray, window: Window,
) -> np.ndarray:
    """dx of dy into `out`; `work`: (n, OH, OW, C) for a micro-batch of n."""
    met = meetings(window, _extents(dy), _extents(out))
    for cut in cuts(len(dy), out[0].size, BLOCK):
        dx, part = out[cut], work[:cut.stop - cut.start]
        np.multiply(dy[cut], shares, out=part)
        dx.fill(0)
        for at, to in met:
            np.add(dx[to], part[at], out=dx[to])
    return out


def window_shares(window: Window, positions: Pair, image: Pair, *, out: np.ndarray) -> np.ndarray:
    """1 / the number of cells that each window has inside the image, into `out`: (OH, OW, 1)."""
    out.fill(0)
    for (_, *at), _ in meetings(window, positions, image):
        out[tuple(at)] += 1
    return np.reciprocal(out, out)


def micro_batch(shape: tuple[int, ...]) -> int:
    """Images x: (N, H, W, C) in one micro-batch."""
    N, H, W, C = shape
    return next(cuts(N, H * W * C, BLOCK)).stop


def _extents(x: np.ndarray) -> Pair:
    return x.shape[1], x.shape[2]
