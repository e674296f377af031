"""A convolution together with what often follows it, the largest of 2 x 2 and relu, micro-batch by micro-batch.

So what is between them never leaves the cache. x: (N, H, W, C), W: (KH, KW, C, F), and z: (N, OH, OW, F) with
z[n, p, q] = sum over i, j of x[n, p + i, q + j] W[i, j] + b. Then y is z, or with `pool` the largest of each 2 x 2 of
it; with `relu` what is negative becomes 0. Arrays are contiguous. `work` is a vector of working memory, at least as
long as the function of the same name with `_size` says.
"""

from collections.abc import Iterator

import numpy as np

from dlcli.kernels import conv, winograd
from dlcli.kernels.choice import kernel
from dlcli.kernels.im2col import Window, cuts
from dlcli.kernels.pooling import max_pool, max_pool_pairs, max_pool_pairs_gradient
from dlcli.kernels.relu import BLOCK as ZEROS
from dlcli.kernels.relu import relu as positive
from dlcli.kernels.relu import relu_gradient
from dlcli.kernels.winograd import Tiles

BLOCK = 131_072
"""Numbers of z, or of its windows, that are in work at a time."""


def place_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Bytes in which it is kept where the largest numbers were, for y of that shape; how is the kernels' own."""
    N, OH, OW, F = shape
    return (N, OH, 3, OW, F)


@kernel
def convolution_size(shape: tuple[int, ...], W: np.ndarray, window: Window, *, pool: bool = False) -> int:
    """Working memory for x of that shape."""
    if winograd.fits(window, *W.shape[2:]):
        return ZEROS + winograd.forward_size(Tiles.of(shape, W.shape[3], window, pool))
    n, outputs = _together(shape, W, window)
    return ZEROS + (2 * outputs if pool else 0) + conv.conv2d_size((n, *shape[1:]), W, window)


@kernel
def convolution(
    x: np.ndarray, W: np.ndarray, b: np.ndarray | None, *, out: np.ndarray, work: np.ndarray, window: Window,
    pool: bool = False, relu: bool = False, place: np.ndarray | None = None,
) -> np.ndarray:
    """y of x into `out`. `place`: `place_shape(y.shape)` bytes, for those who want to go back."""
    zeros, work = work[:ZEROS], work[ZEROS:]
    zeros.fill(0)
    later = place.view(bool) if pool and place is not None else None
    way = _by_tiles if winograd.fits(window, *W.shape[2:]) else _by_windows
    for cut in way(x, W, b, out, work, window, pool, later):
        if relu:
            positive(out[cut], out=out[cut], zeros=zeros)
    return out


def _by_windows(
    x: np.ndarray, W: np.ndarray, b: np.ndarray | None, out: np.ndarray, work: np.ndarray, window: Window, pool: bool,
    later: np.ndarray | None,
) -> Iterator[slice]:
    """Fills `out` and `later` micro-batch by micro-batch."""
    n, outputs = _together(x.shape, W, window)
    z = half = work
    if pool:
        shape = (*window.positions(x.shape), W.shape[3])
        z, half, work = work[:outputs].reshape(n, *shape), work[outputs:2 * outputs], work[2 * outputs:]
    for cut in cuts(len(x), 1, n):
        y = out[cut]
        before = z[:len(y)] if pool else y
        conv.conv2d(x[cut], W, b, out=before, work=work, window=window)
        if pool and later is None:
            max_pool(before, out=y)
        elif later is not None:
            max_pool_pairs(before, out=y, later=later[cut], work=_rows(half, y))
        yield cut


def _by_tiles(
    x: np.ndarray, W: np.ndarray, b: np.ndarray | None, out: np.ndarray, work: np.ndarray, window: Window, pool: bool,
    later: np.ndarray | None,
) -> Iterator[slice]:
    """Fills `out` and `later` micro-batch by micro-batch; the largest number of a tile keeps its place when b comes."""
    F = W.shape[3]
    tiles = Tiles.of(x.shape, F, window, pool)
    for cut, z in winograd.forward(x, W, tiles, work=work, window=window):
        y = out[cut]
        if pool:
            if later is not None:
                upper, lower = later[cut].reshape(3, -1, F)[:2], later[cut].reshape(3, -1, F)[2]
                np.greater(z[:, 1], z[:, 0], out=upper)
            np.maximum(z[:, 0], z[:, 1], out=z[:, 0])
            if later is not None:
                np.greater(z[1, 0], z[0, 0], out=lower)
            flat = y.reshape(-1, F)
            np.maximum(z[0, 0], z[1, 0], out=flat)
            if b is not None:
                np.add(flat, b, out=flat)
        else:
            for inner, part in _four(z, y, tiles):
                if b is None:
                    np.copyto(part, inner)
                else:
                    np.add(inner, b, out=part)
        yield cut


def _four(z: np.ndarray, y: np.ndarray, tiles: Tiles) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same outputs in z: (2, 2, tiles, F) and in y: (n, OH, OW, F)."""
    for i in (0, 1):
        for j in (0, 1):
            part = y[:, i::2, j::2]
            yield z[i, j].reshape(-1, tiles.rows, tiles.columns, tiles.F)[:, :part.shape[1], :part.shape[2]], part


@kernel
def convolution_gradient_size(shape: tuple[int, ...], W: np.ndarray, window: Window, *, pool: bool = False) -> int:
    """Working memory for x of that shape."""
    F = W.shape[3]
    if winograd.fits(window, *W.shape[2:]):
        tiles = Tiles.of(shape, F, window, pool)
        outputs = tiles.n * tiles.rows * tiles.columns * F * (1 if pool else 4)
        return 2 * outputs + 2 * tiles.columns * F + winograd.backward_size(tiles)
    n, outputs = _together(shape, W, window)
    some = (n, *shape[1:])
    return 5 * outputs + W.size + F + max(
        conv.conv2d_kernel_gradient_size(some, W, window), conv.conv2d_input_gradient_size(some, W, window),
    )


@kernel
def convolution_gradient(
    x: np.ndarray, W: np.ndarray, dy: np.ndarray, *, dW: np.ndarray, db: np.ndarray | None, dx: np.ndarray | None,
    work: np.ndarray, window: Window, pool: bool = False, relu: bool = False, y: np.ndarray | None = None,
    place: np.ndarray | None = None,
) -> None:
    """dW, and db and dx where they are wanted, of dy; `y` is needed with `relu`, and `place` with `pool`."""
    later = place.view(bool) if pool and place is not None else None
    alive = y if relu else None
    way = _back_by_tiles if winograd.fits(window, *W.shape[2:]) else _back_by_windows
    way(x, W, dy, dW, db, dx, work, window, alive, later)


def _back_by_windows(
    x: np.ndarray, W: np.ndarray, dy: np.ndarray, dW: np.ndarray, db: np.ndarray | None, dx: np.ndarray | None,
    work: np.ndarray, window: Window, y: np.ndarray | None, later: np.ndarray | None,
) -> None:
    n, outputs = _together(x.shape, W, window)
    F = W.shape[3]
    shape = (*window.positions(x.shape), F)
    (z, rows, share, d, mask), work = (work[i * outputs:(i + 1) * outputs] for i in range(5)), work[5 * outputs:]
    part, bias, work = work[:W.size].reshape(W.shape), work[W.size:W.size + F], work[W.size + F:]
    for cut in cuts(len(x), 1, n):
        dz = _alive(dy[cut], None if y is None else y[cut], d, mask)
        if later is not None:
            dz = max_pool_pairs_gradient(
                dz, later[cut], out=z[:len(dz) * outputs // n].reshape(len(dz), *shape), work=_rows(rows, dz),
                share=_rows(share, dz),
            )
        first = cut.start == 0
        conv.conv2d_kernel_gradient(
            x[cut], dz, dW=dW if first else part, db=db if first or db is None else bias, work=work, window=window,
        )
        if not first:
            np.add(dW, part, dW)
            if db is not None:
                np.add(db, bias, db)
        if dx is not None:
            conv.conv2d_input_gradient(dz, W, out=dx[cut], work=work, window=window)


def _back_by_tiles(
    x: np.ndarray, W: np.ndarray, dy: np.ndarray, dW: np.ndarray, db: np.ndarray | None, dx: np.ndarray | None,
    work: np.ndarray, window: Window, y: np.ndarray | None, later: np.ndarray | None,
) -> None:
    F = W.shape[3]
    tiles = Tiles.of(x.shape, F, window, later is not None)
    outputs = tiles.n * dy[0].size
    (d, mask), work = (work[:outputs], work[outputs:2 * outputs]), work[2 * outputs:]
    row, work = work[:dy.shape[2] * F], work[dy.shape[2] * F:]
    back = winograd.Backward(x, W, tiles, dx=dx, work=work, window=window)
    if db is not None:
        db.fill(0)
    for cut, z in back.cuts():
        dz = _alive(dy[cut], None if y is None else y[cut], d, mask)
        if db is not None:
            conv.sum_positions(dz, out=db, row=row, add=True)
        if later is None:
            if dy.shape[1] % 2 or dy.shape[2] % 2:
                z.fill(0)
            for inner, part in _four(z, dz, tiles):
                np.copyto(inner, part)
            continue
        right, low = later[cut].reshape(3, -1, F)[:2], later[cut].reshape(3, -1, F)[2]
        flat = dz.reshape(-1, F)
        np.copyto(z[1, 1], low)  # numbers are faster to multiply by than truths
        np.multiply(flat, z[1, 1], out=z[1, 0])
        np.subtract(flat, z[1, 0], out=z[0, 0])
        np.copyto(z[:, 1], right)
        np.multiply(z[:, 0], z[:, 1], out=z[:, 1])
        np.subtract(z[:, 0], z[:, 1], out=z[:, 0])
    back.kernel(dW)


def _alive(dy: np.ndarray, y: np.ndarray | None, work: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """dy; where there is a y, only where that is larger than 0."""
    if y is None:
        return dy
    truths = mask.view(bool)[:dy.size].reshape(dy.shape)
    return relu_gradient(dy, y, out=work[:dy.size].reshape(dy.shape), alive=truths)


def _together(shape: tuple[int, ...], W: np.ndarray, window: Window) -> tuple[int, int]:
    """Images in a micro-batch, and numbers of their z."""
    OH, OW = window.positions(shape)
    F = W.shape[3]
    n = next(cuts(shape[0], OH * OW * max(W.size // F + 1, F), BLOCK)).stop
    return n, n * OH * OW * F


def _rows(work: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Working memory of the pooling, two numbers for each of y."""
    N, OH, OW, F = y.shape
    return work[:2 * y.size].reshape(N, OH, 2, OW, F)
