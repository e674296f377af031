"""A convolution together with what often follows it, the largest of 2 x 2 and relu, micro-batch by micro-batch.

So what is between them never leaves the cache. x: (N, H, W, C), W: (KH, KW, C, F), and z: (N, OH, OW, F) with
z[n, p, q] = sum over i, j of x[n, p + i, q + j] W[i, j] + b. Then y is z, or with `pool` the largest of each 2 x 2 of
it; with `relu` what is negative becomes 0. Arrays are contiguous. `work` is a vector of working memory, at least as
long as the function of the same name with `_size` says.
"""

import numpy as np

from dlcli.kernels import conv
from dlcli.kernels.choice import kernel
from dlcli.kernels.im2col import Window, cuts
from dlcli.kernels.pooling import max_pool, max_pool_pairs, max_pool_pairs_gradient
from dlcli.kernels.relu import BLOCK as ZEROS
from dlcli.kernels.relu import relu as positive
from dlcli.kernels.relu import relu_gradient

BLOCK = 131_072
"""Numbers of z, or of its windows, that are in work at a time."""


def place_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Bytes in which it is kept where the largest numbers were, for y of that shape; how is the kernels' own."""
    N, OH, OW, F = shape
    return (N, OH, 3, OW, F)


@kernel
def convolution_size(shape: tuple[int, ...], W: np.ndarray, window: Window, *, pool: bool = False) -> int:
    """Working memory for x of that shape."""
    n, outputs = _together(shape, W, window)
    return ZEROS + (2 * outputs if pool else 0) + conv.conv2d_size((n, *shape[1:]), W, window)


@kernel
def convolution(
    x: np.ndarray, W: np.ndarray, b: np.ndarray | None, *, out: np.ndarray, work: np.ndarray, window: Window,
    pool: bool = False, relu: bool = False, place: np.ndarray | None = None,
) -> np.ndarray:
    """y of x into `out`. `place`: `place_shape(y.shape)` bytes, for those who want to go back."""
    n, outputs = _together(x.shape, W, window)
    zeros, work = work[:ZEROS], work[ZEROS:]
    zeros.fill(0)
    z = half = work
    later = place.view(bool) if pool and place is not None else None
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
        if relu:
            positive(y, out=y, zeros=zeros)
    return out


@kernel
def convolution_gradient_size(shape: tuple[int, ...], W: np.ndarray, window: Window, *, pool: bool = False) -> int:
    """Working memory for x of that shape."""
    n, outputs = _together(shape, W, window)
    some, whole = (n, *shape[1:]), W.size + W.shape[3]
    return 5 * outputs + whole + max(
        conv.conv2d_kernel_gradient_size(some, W, window), conv.conv2d_input_gradient_size(some, W, window),
    )


@kernel
def convolution_gradient(
    x: np.ndarray, W: np.ndarray, dy: np.ndarray, *, dW: np.ndarray, db: np.ndarray | None, dx: np.ndarray | None,
    work: np.ndarray, window: Window, pool: bool = False, relu: bool = False, y: np.ndarray | None = None,
    place: np.ndarray | None = None,
) -> None:
    """dW, and db and dx where they are wanted, of dy; `y` is needed with `relu`, and `place` with `pool`."""
    n, outputs = _together(x.shape, W, window)
    F = W.shape[3]
    shape = (*window.positions(x.shape), F)
    z, rows, share, d, alive, work = *(work[i * outputs:(i + 1) * outputs] for i in range(5)), work[5 * outputs:]
    part, bias, work = work[:W.size].reshape(W.shape), work[W.size:W.size + F], work[W.size + F:]
    for cut in cuts(len(x), 1, n):
        dz = dy[cut]
        if relu:
            assert y is not None
            size = dz.size
            mask = alive.view(bool)[:size].reshape(dz.shape)
            dz = relu_gradient(dz, y[cut], out=d[:size].reshape(dz.shape), alive=mask)
        if pool:
            assert place is not None
            dz = max_pool_pairs_gradient(
                dz, place[cut].view(bool), out=z[:len(dz) * outputs // n].reshape(len(dz), *shape),
                work=_rows(rows, dz), share=_rows(share, dz),
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
