"""Dense layers one after the other in one compiled call, products and all."""

import numpy as np

from dlcli.kernels.compiled._chain_products import ALONG, FEW, multiply, multiply_turned
from dlcli.kernels.compiled._crew import LEADER, call, claim, dismiss, meet, post
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._products import strip, turn
from dlcli.kernels.compiled._tiles import columns_of, lanes_of
from dlcli.kernels.compiled._vectors import everywhere, load, store, where
from dlcli.kernels.crew import help_for
from dlcli.kernels.dense import HIGH, Chain
from dlcli.kernels.dense import chain_backward as backward_twin
from dlcli.kernels.dense import chain_forward as forward_twin

Y_AT, DX_AT = 5, 7
LARGE = 1 << 19
"""Weights of a layer from which on BLAS is faster by more than the calls between cost."""


def chain_forward(x: np.ndarray, chain: Chain) -> None:
    """As its twin."""
    if not _suits(x, chain):
        forward_twin.plain(x, chain)  # type: ignore[attr-defined]
    else:
        crew = help_for(chain.products)
        _forward(crew, x, chain.theta, chain.space, chain.table, chain.rows, chain.rest, chain.panel)


def chain_backward(x: np.ndarray, dy: np.ndarray, chain: Chain) -> None:
    """As its twin."""
    if not (_suits(x, chain) and _suits(dy, chain)):
        backward_twin.plain(x, dy, chain)  # type: ignore[attr-defined]
    else:
        _backward(
            help_for(chain.products), x, dy, chain.theta, chain.grad, chain.space, chain.table, chain.rows, chain.rest,
            chain.panel, chain.first, chain.dx,
        )


def _suits(array: np.ndarray, chain: Chain) -> bool:
    """Whether it lies in one piece, in numbers as the parameters are, and no layer is better left to BLAS."""
    return chain.largest <= LARGE and array.flags.c_contiguous and array.dtype == chain.theta.dtype


@jit()
def _forward(words, rows, theta, space, table, M, rest, panel):
    post(words, _forward_work, (rows, theta, space, table, M, rest, panel))
    _forward_work(words, LEADER, call(words), rows, theta, space, table, M, rest, panel)
    dismiss(words)


@jit()
def _forward_work(words, seat, phase, rows, theta, space, table, M, rest, panel):
    """A piece is a strip of the columns of a layer."""
    x, own, wide = rows.reshape(-1), rest + seat * panel, columns_of(space)
    for place in range(len(table)):
        inputs, units, W_at, b_at, bent, y_at, _, _ = table[place]
        wanted = ALONG * lanes_of(space) if M <= FEW else wide
        pieces = (units + wanted - 1) // wanted
        piece = claim(words, phase, pieces, -1)
        while piece >= 0:
            n = piece * wanted
            columns = min(wanted, units - n)
            if place == 0:
                multiply(space, y_at, theta, b_at, x, 0, inputs, theta, W_at, M, units, inputs, n, columns, space, own)
            else:
                x_at = table[place - 1, Y_AT]
                multiply(
                    space, y_at, theta, b_at, space, x_at, inputs, theta, W_at, M, units, inputs, n, columns, space,
                    own,
                )
            if bent:
                _relu(space, y_at + n, M, units, columns)
            piece = claim(words, phase, pieces, piece)
        phase = meet(words, seat, phase, pieces)


@jit()
def _backward(words, rows, came, theta, grad, space, table, M, rest, panel, first, dx):
    post(words, _backward_work, (rows, came, theta, grad, space, table, M, rest, panel, first, dx))
    _backward_work(words, LEADER, call(words), rows, came, theta, grad, space, table, M, rest, panel, first, dx)
    dismiss(words)


@jit()
def _backward_work(words, seat, phase, rows, came, theta, grad, space, table, M, rest, panel, first, dx):
    """Layer by layer: dz, a strip of its columns a piece; then dW by blocks of its rows, and dx by strips."""
    x, dy, own, wide = rows.reshape(-1), came.reshape(-1), rest + seat * panel, columns_of(space)
    for place in range(len(table) - 1, first - 1, -1):
        inputs, units, W_at, b_at, bent, y_at, dz_at, dx_at = table[place]
        onwards = place > first or dx
        pieces = (units + wide - 1) // wide
        piece = claim(words, phase, pieces, -1)
        while piece >= 0:
            n = piece * wide
            columns, at, db_at = min(wide, units - n), dz_at + n if onwards else -1, b_at + n if b_at >= 0 else -1
            if place == len(table) - 1:
                _arrive(dy, n, space, y_at + n, M * n, at, bent, M, units, columns, grad, db_at)
            else:
                dy_at = table[place + 1, DX_AT] + n
                _arrive(space, dy_at, space, y_at + n, M * n, at, bent, M, units, columns, grad, db_at)
            piece = claim(words, phase, pieces, piece)
        phase = meet(words, seat, phase, pieces)
        blocks = (inputs + HIGH - 1) // HIGH
        pieces = blocks + (inputs + wide - 1) // wide if onwards else blocks
        piece = claim(words, phase, pieces, -1)
        while piece >= 0:
            m, n = piece * HIGH, (piece - blocks) * wide
            if n >= 0:
                columns = min(wide, inputs - n)
                turn(theta[W_at + n * units:], space[own:], columns, units)
                strip(
                    space, dx_at + n, inputs, theta, 0, 0, False, space, dz_at, units, 1, space, own, columns,
                    M, columns, units, True,
                )
            elif place == 0:
                multiply_turned(grad, W_at, x, 0, space, m, min(HIGH, inputs - m), inputs, units, M, own)
            else:
                x_at = table[place - 1, Y_AT]
                multiply_turned(grad, W_at, space, x_at, space, m, min(HIGH, inputs - m), inputs, units, M, own)
            piece = claim(words, phase, pieces, piece)
        phase = meet(words, seat, phase, pieces)


@jit()
def _relu(y, at, M, N, columns):
    """NaN stays."""
    lanes, nothing = lanes_of(y), y.dtype.type(0)
    whole = columns // lanes * lanes
    for m in range(M):
        row = at + m * N
        for v in range(row, row + whole, lanes):
            z = load(y, v)
            zero = everywhere(0, z)
            store(where(zero > z, zero, z), y, v)
        for j in range(row + whole, row + columns):
            y[j] = nothing if y[j] < nothing else y[j]


@jit()
def _arrive(dy, dy_at, space, y_at, strip_at, dz_at, bent, M, N, columns, db, db_at):
    """Some columns of dz, from dy: past the relu where there is one; and their sums, unless `db_at` is negative.

    They are written as a strip, and in their rows too unless `dz_at` is negative.
    """
    lanes, nothing = lanes_of(space), space.dtype.type(0)
    whole = columns // lanes * lanes
    for part in range(0, whole, lanes):
        zero = everywhere(0, load(dy, dy_at + part))
        total = zero
        for m in range(M):
            at = m * N + part
            dz = load(dy, dy_at + at)
            if bent:
                dz = where(load(space, y_at + at) > zero, dz, zero)
            store(dz, space, strip_at + m * columns + part)
            if dz_at >= 0:
                store(dz, space, dz_at + at)
            total = total + dz
        if db_at >= 0:
            store(total, db, db_at + part)
    for j in range(whole, columns):
        total = nothing
        for m in range(M):
            at = m * N + j
            dz = dy[dy_at + at] if not bent or space[y_at + at] > nothing else nothing
            space[strip_at + m * columns + j] = dz
            if dz_at >= 0:
                space[dz_at + at] = dz
            total += dz
        if db_at >= 0:
            db[db_at + j] = total
