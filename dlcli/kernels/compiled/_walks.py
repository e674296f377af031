"""What the walks of recurrent layers share: matrices cut into strips of columns, and products with them.

Here rows of the batch stay rows. A group of them goes all the way before the next one starts, so that its state and
its gates stay in the first caches; the strips are as wide as a tile, and each lies in one piece.
"""

import functools
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from dlcli.kernels import recurrent
from dlcli.kernels.choice import Kernel
from dlcli.kernels.compiled._crew import LEADER, call, claim, dismiss, meet, post, seats
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._products import strip
from dlcli.kernels.compiled._tiles import columns_of
from dlcli.kernels.crew import help_for
from dlcli.kernels.recurrent import GROUP, carved, first_last, last_first

LARGE = 1 << 24
"""Products of two numbers from which on BLAS takes over,"""
DEEP = 1024
"""and sums of so many."""
NOBODY = np.empty((0, 0), bool)
"""Where no step is padding."""

whole = jit()(recurrent.whole)


def unless_bent(twin: Callable[..., None]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Leaves the work to the twin where activations of their own, `bends`, are asked for."""
    def mark(walk: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(walk)
        def chosen(*args: Any, **keys: Any) -> None:
            (walk if keys.get("bends") is None else cast(Kernel, twin).plain)(*args, **keys)

        return chosen

    return mark


@jit()
def strip_width(x):
    """Columns of a strip for numbers like those of x."""
    return columns_of(x)


@jit()
def lay(strips, depth, at, x, start, stop, to):
    """Lays columns `start` to `stop` of x into strips of `depth` rows: from row `at` and column `to` on."""
    wide = strip_width(x)
    while start < stop:
        here = to % wide
        count = min(wide - here, stop - start)
        place = (to // wide * depth + at) * wide + here
        for k in range(x.shape[0]):
            for j in range(count):
                strips[place + k * wide + j] = x[k, start + j]
        start += count
        to += count


@jit()
def lay_across(strips, depth, at, x, start, stop, strip):
    """Lays those columns of x as rows into one of the strips, from row `at` on."""
    wide = strip_width(x)
    for j in range(strip * wide, min((strip + 1) * wide, x.shape[0])):
        place = (j // wide * depth + at) * wide + j % wide
        for k in range(stop - start):
            strips[place + k * wide] = x[j, start + k]


@jit()
def multiply_strips(out, out_row, begin, begin_row, add, x, x_at, x_row, strips, depth, first, last, start, stop, rows):
    """Of out (rows, out_row) the columns of strips `start` to `stop`: x, from column `first` to `last`, times them.

    With `add` that is added to what is in `begin`, which is other memory than `out`.
    """
    wide = strip_width(x)
    for s in range(start, stop):
        strip(
            out, s * wide, out_row, begin, s * wide, begin_row, add, x, x_at + first, x_row, 1,
            strips, (s * depth + first) * wide, wide, rows, wide, last - first, True,
        )


@jit()
def group_rows(words, N):
    """Rows that are walked together: no more than GROUP, and a group for everybody who helps."""
    threads = seats(words)
    return max(1, min(GROUP, (N + threads - 1) // threads))


@jit()
def copy(x, y, count):
    """The first numbers of x, to y. In plain loops: copies of slices take seconds to compile."""
    for j in range(count):
        y[j] = x[j]


@jit()
def fill(x, start, stop, value):
    """Puts a value into a part of x."""
    for j in range(start, stop):
        x[j] = value


@jit()
def arrive(dy, dh, at):
    """Adds what reaches the state of one step and one sample from outside."""
    for j in range(dy.size):
        dh[at + j] += dy[j]


@jit()
def carry_over(dead, t, start, rows, dh, share, width, H):
    """Gives the gradient of states on, unchanged, where the step of so many rows from `start` on was padding."""
    if dead.size:
        for row in range(rows):
            if dead[t, start + row]:
                for j in range(row * width, row * width + H):
                    share[j] += dh[j]


@jit()
def enter(x, hx, H, backwards):
    """Fills what every step reads, hx: (T + 1, N, K), save for the states that are yet to come."""
    N, T, features = x.shape
    for n in range(N):
        for j in range(H):
            hx[0, n, j] = 0
    for t in range(T):
        at = T - 1 - t if backwards else t
        for n in range(N):
            hx[t, n, H] = 1
            for k in range(features):
                hx[t, n, H + 1 + k] = x[n, at, k]


def gradients(
    hx: np.ndarray, da: np.ndarray, *, dR: np.ndarray, db: np.ndarray | None, dW: np.ndarray, work: np.ndarray,
) -> None:
    """Those of R, b and W in one product, given hx: (T N, K) and da: (T N, gates H), the last gate first."""
    H = len(dR)
    (dV,) = carved(work, (hx.shape[1], da.shape[1]))
    multiply_turned(hx, da, dV)
    first_last(dV[:H], H, out=dR)
    first_last(dV[H + 1:], H, out=dW)
    if db is not None:
        first_last(dV[H], H, out=db)


def multiply_turned(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """out = a^T b."""
    work = a.size * b.shape[1]
    if len(a) > DEEP or work > LARGE:
        np.matmul(a.T, b, out)
    else:
        _multiply_turned(help_for(work), a, b, out)


@jit()
def _multiply_turned(words, a, b, out):
    post(words, _multiply_turned_work, (a, b, out))
    _multiply_turned_work(words, LEADER, call(words), a, b, out)
    dismiss(words)


@jit()
def _multiply_turned_work(words, seat, phase, a, b, out):
    """A piece is a strip of the columns."""
    (depth, M), N, wide = a.shape, b.shape[1], strip_width(out)
    a_row, b_row, out_row = a.strides[0] // a.itemsize, b.strides[0] // b.itemsize, out.strides[0] // out.itemsize
    pieces = (N + wide - 1) // wide
    piece = claim(words, phase, pieces, -1)
    while piece >= 0:
        n = piece * wide
        strip(out, n, out_row, out, 0, 0, False, a, 0, 1, a_row, b, n, b_row, M, min(wide, N - n), depth, True)
        piece = claim(words, phase, pieces, piece)
    meet(words, seat, phase, pieces)


def input_gradient(da: np.ndarray, W: np.ndarray, H: int, *, dx: np.ndarray, work: np.ndarray, backwards: bool) -> None:
    """dx: (N, T, I), given da: (T N, gates H), the last gate first."""
    N, T, features = dx.shape
    turned, dxs = carved(work, W.shape, (T * N, features))
    last_first(W, H, out=turned)
    np.matmul(da, turned.T, dxs)
    dx[:, ::-1 if backwards else 1] = dxs.reshape(T, N, features).transpose(1, 0, 2)
