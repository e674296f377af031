"""A convolution together with what often follows it, the largest of 2 x 2 and relu, micro-batch by micro-batch.

So what is between them never leaves the cache. x: (N, H, W, C), W: (KH, KW, C, F), and z: (N, OH, OW, F) with
z[n, p, q] = sum over i, j of x[n, p + i, q + j] W[i, j] + b. Then y is z, or with `pool` the largest of each 2 x 2 of
it; with `relu` what is negative becomes 0. Arrays are contiguous. `work` is a vector of working memory, at least as
long as the function of the same name with `_size` says.
"""

from collections.abc import Iterator
from math import prod

import numpy as np

from dlcli.kernels import conv, winograd
from dlcli.kernels.choice import kernel
from dlcli.kernels.fours import every_second, largest, one_in_four, side_by_side, spread
from dlcli.kernels.im2col import Window, cuts
from dlcli.kernels.pooling import max_pool
from dlcli.kernels.relu import BLOCK as ZEROS
from dlcli.kernels.relu import relu as positive
from dlcli.kernels.relu import relu_gradient
from dlcli.kernels.winograd import Tiles

BLOCK = 2_097_152
"""Numbers of z, or of its windows, that are in work at a time."""
SMALL = 65_536
"""Where z has fewer numbers than this, calls cost more than ways through memory."""
FEW = 100
"""Below so many tiles it does not pay to transform the kernel."""


def place_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Bytes in which it is kept where the largest numbers were, for y of that shape; how is the kernels' own."""
    N, OH, OW, F = shape
    return (N, OH, 3, OW, F)


@kernel
def convolution_size(shape: tuple[int, ...], W: np.ndarray, window: Window, *, pool: bool = False) -> int:
    """Working memory for x of that shape."""
    if _tiled(shape, W, window):
        return ZEROS + winograd.forward_size(Tiles.of(shape, W.shape[3], window, pool))
    n, outputs, pixels = _together(shape, W, window, pool)
    return ZEROS + outputs + pixels + max(
        conv.conv2d_size(*_some(shape, n, W, window, those)) for those in {pool, pool and outputs >= SMALL}
    )


@kernel
def convolution(
    x: np.ndarray, W: np.ndarray, b: np.ndarray | None, *, out: np.ndarray, work: np.ndarray, window: Window,
    pool: bool = False, relu: bool = False, place: np.ndarray | None = None,
) -> np.ndarray:
    """y of x into `out`. `place`: `place_shape(y.shape)` bytes, for those who want to go back."""
    zeros, work = work[:ZEROS], work[ZEROS:]
    zeros.fill(0)
    later = place.view(bool) if pool and place is not None else None
    way = _by_tiles if _tiled(x.shape, W, window) else _by_windows
    for cut in way(x, W, b, out, work, window, pool, later):
        if relu:
            positive(out[cut], out=out[cut], zeros=zeros)
    return out


def _by_windows(
    x: np.ndarray, W: np.ndarray, b: np.ndarray | None, out: np.ndarray, work: np.ndarray, window: Window, pool: bool,
    later: np.ndarray | None,
) -> Iterator[slice]:
    """Fills `out` and `later` micro-batch by micro-batch."""
    n, outputs, pixels = _together(x.shape, W, window, pool)
    z, bordered, work = work[:outputs], work[outputs:outputs + pixels], work[outputs + pixels:]
    for cut in cuts(len(x), 1, n):
        y = out[cut]
        if not pool or (later is None and outputs < SMALL):
            before = z.reshape(n, *window.positions(x.shape), W.shape[3])[:len(y)] if pool else y
            conv.conv2d(x[cut], W, b, out=before, work=work, window=window)
            if pool:
                max_pool(before, out=y)
            yield cut
            continue
        four = z[:4 * y.size].reshape(2, 2, *y.shape)
        for i, j, part, apart in every_second(x[cut], y.shape, bordered, window):
            conv.conv2d(part, W, b, out=four[i, j], work=work, window=apart)
        largest(four.reshape(2, 2, -1, W.shape[3]), y, None if later is None else later[cut])
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
            largest(z, y, None if later is None else later[cut])
            if b is not None:
                np.add(y, b, out=y)
        else:
            for inner, part in side_by_side(z, y, tiles):
                if b is None:
                    np.copyto(part, inner)
                else:
                    np.add(inner, b, out=part)
        yield cut


@kernel
def convolution_gradient_size(shape: tuple[int, ...], W: np.ndarray, window: Window, *, pool: bool = False) -> int:
    """Working memory for x of that shape."""
    F = W.shape[3]
    if _tiled(shape, W, window):
        tiles = Tiles.of(shape, F, window, pool)
        outputs = tiles.n * tiles.rows * tiles.columns * F * (1 if pool else 4)
        return 2 * outputs + 2 * tiles.columns * F + winograd.backward_size(tiles)
    n, outputs, pixels = _together(shape, W, window, pool)
    return 4 * outputs + pixels + W.size + F + max(
        conv.conv2d_kernel_gradient_size(*_some(shape, n, W, window, pool)),
        conv.conv2d_input_gradient_size((n, *shape[1:]), W, window),
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
    way = _back_by_tiles if _tiled(x.shape, W, window) else _back_by_windows
    way(x, W, dy, dW, db, dx, work, window, alive, later)


def _back_by_windows(
    x: np.ndarray, W: np.ndarray, dy: np.ndarray, dW: np.ndarray, db: np.ndarray | None, dx: np.ndarray | None,
    work: np.ndarray, window: Window, y: np.ndarray | None, later: np.ndarray | None,
) -> None:
    n, outputs, pixels = _together(x.shape, W, window, later is not None)
    F = W.shape[3]
    (z, whole, d, mask), work = (work[i * outputs:(i + 1) * outputs] for i in range(4)), work[4 * outputs:]
    part, bias, bordered = work[:W.size].reshape(W.shape), work[W.size:W.size + F], work[W.size + F:]
    bordered, work = bordered[:pixels], bordered[pixels:]
    dW.fill(0)
    if db is not None:
        db.fill(0)

    def add(x: np.ndarray, dz: np.ndarray, window: Window) -> None:
        conv.conv2d_kernel_gradient(x, dz, dW=part, db=None if db is None else bias, work=work, window=window)
        np.add(dW, part, dW)
        if db is not None:
            np.add(db, bias, db)

    for cut in cuts(len(x), 1, n):
        dz = _alive(dy[cut], None if y is None else y[cut], d, mask)
        if later is None:
            add(x[cut], dz, window)
        else:
            four = z[:4 * dz.size].reshape(2, 2, *dz.shape)
            spread(dz, later[cut], four.reshape(2, 2, -1, F))
            for i, j, inner, apart in every_second(x[cut], dz.shape, bordered, window):
                add(inner, four[i, j], apart)
        if dx is None:
            continue
        if later is not None:
            positions = window.positions(x.shape)
            dz = whole[:len(dz) * prod(positions) * F].reshape(len(dz), *positions, F)
            dz[:, four.shape[3] * 2:], dz[:, :, four.shape[4] * 2:] = 0, 0
            for i in (0, 1):
                for j in (0, 1):
                    np.copyto(dz[:, i:four.shape[3] * 2:2, j:four.shape[4] * 2:2], four[i, j])
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
            for inner, part in side_by_side(z, dz, tiles):
                np.copyto(inner, part)
            continue
        spread(dz, later[cut], z)
    back.kernel(dW)


def _alive(dy: np.ndarray, y: np.ndarray | None, work: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """dy; where there is a y, only where that is larger than 0."""
    if y is None:
        return dy
    truths = mask.view(bool)[:dy.size].reshape(dy.shape)
    return relu_gradient(dy, y, out=work[:dy.size].reshape(dy.shape), alive=truths)


def _tiled(shape: tuple[int, ...], W: np.ndarray, window: Window) -> bool:
    """Whether to go by tiles."""
    OH, OW = window.positions(shape)
    return winograd.fits(window, *W.shape[2:]) and shape[0] * OH * OW >= 4 * FEW


def _together(shape: tuple[int, ...], W: np.ndarray, window: Window, pool: bool) -> tuple[int, int, int]:
    """Images in a micro-batch, numbers of their z, and of their pixels with a border where one is needed."""
    OH, OW = window.positions(shape)
    F = W.shape[3]
    n = next(cuts(max(shape[0], 1), OH * OW * max(W.size // F + 1, F), BLOCK)).stop
    height, width = (sum(extents) for extents in zip(shape[1:3], window.before, window.after, strict=True))
    return n, n * OH * OW * F, n * height * width * shape[3] if pool and window.padded else 0


def _some(
    shape: tuple[int, ...], n: int, W: np.ndarray, window: Window, pool: bool,
) -> tuple[tuple[int, ...], np.ndarray, Window]:
    """What the kernels are asked for a micro-batch: its shape, W, and the window; with `pool` those of one in four."""
    if not pool:
        return (n, *shape[1:]), W, window
    OH, OW = window.positions(shape)
    height, width, apart = one_in_four((OH // 2, OW // 2), window)
    return (n, height, width, shape[3]), W, apart
