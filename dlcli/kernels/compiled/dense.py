"""Dense layers one after the other in one compiled call, products and all."""

import numpy as np

from dlcli.kernels.compiled._crew import LEADER, call, claim, dismiss, meet, post
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._products import strip, turn
from dlcli.kernels.compiled._tiles import ROWS, lanes_of, tile
from dlcli.kernels.compiled._vectors import everywhere, load, store, where
from dlcli.kernels.crew import help_for
from dlcli.kernels.dense import DEEP, HIGH, Chain
from dlcli.kernels.dense import chain_backward as backward_twin
from dlcli.kernels.dense import chain_forward as forward_twin

U = np.uint64
Y_AT, DX_AT = 5, 7
ALONG = 8
"""Vectors of columns in a piece where one row is multiplied."""

SHALLOW = 48
"""Rows up to which inputs are multiplied where they lie: walked down by columns, they are still in the first cache."""
LARGE = 1 << 19
"""Weights of a layer from which on BLAS is faster by more than the calls between cost."""
FEW = 1
"""Rows up to which the weights are gone through once for each, row by row, rather than tile by tile for all."""
TALL = 12
"""Rows from which on it pays to copy a panel of the weights before they are multiplied by it."""


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
    x, own, wide = rows.reshape(-1), rest + seat * panel, 2 * lanes_of(space)
    for place in range(len(table)):
        inputs, units, W_at, b_at, bent, y_at, _, _ = table[place]
        wanted = ALONG * lanes_of(space) if M <= FEW else wide
        pieces = (units + wanted - 1) // wanted
        piece = claim(words, phase, pieces, -1)
        while piece >= 0:
            n = piece * wanted
            columns = min(wanted, units - n)
            if place == 0:
                _multiply(space, y_at, theta, b_at, x, 0, inputs, theta, W_at, M, units, inputs, n, columns, space, own)
            else:
                x_at = table[place - 1, Y_AT]
                _multiply(
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
    x, dy, own, wide = rows.reshape(-1), came.reshape(-1), rest + seat * panel, 2 * lanes_of(space)
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
                _multiply_turned(grad, W_at, x, 0, space, m, min(HIGH, inputs - m), inputs, units, M, own)
            else:
                x_at = table[place - 1, Y_AT]
                _multiply_turned(grad, W_at, space, x_at, space, m, min(HIGH, inputs - m), inputs, units, M, own)
            piece = claim(words, phase, pieces, piece)
        phase = meet(words, seat, phase, pieces)


@jit()
def _multiply(out, out_at, bias, bias_at, a, a_at, a_row, b, b_at, M, N, K, n, columns, work, work_at):
    """Some columns of out = a b, with a bias in every row where `bias_at` is not negative; b: (K, N), out: (M, N)."""
    if M <= FEW and columns == ALONG * lanes_of(out):
        for m in range(M):
            at = bias_at + n if bias_at >= 0 else -1
            _multiply_row(a, a_at + m * a_row, b, b_at + n, bias, at, out, out_at + m * N + n, K, N)
        return
    if M >= TALL:
        _lay(b, b_at + n, N, work, work_at, K, columns)
        strip(
            out, out_at + n, N, bias, max(bias_at, 0) + n, 0, bias_at >= 0, a, a_at, a_row, 1,
            work, work_at, columns, M, columns, K, True,
        )
        return
    wide = 2 * lanes_of(out)
    for part in range(n, n + columns, wide):
        strip(
            out, out_at + part, N, bias, max(bias_at, 0) + part, 0, bias_at >= 0, a, a_at, a_row, 1,
            b, b_at + part, N, M, min(wide, n + columns - part), K, True,
        )


@jit()
def _multiply_turned(out, out_at, a, a_at, space, m, high, M, N, K, own):
    """Some rows of out = a^T b, `high` from m on; a: (K, M), b: (K, N) lies at the beginning of `space`, in strips."""
    wide = 2 * lanes_of(out)
    for k in range(0, max(1, K), DEEP):  # of no rows at all the sum is 0
        deep = min(DEEP, K - k)
        tiled = deep > SHALLOW
        if tiled:
            _lay_tiles(a, a_at + k * M + m, M, space, own, high, deep)
        for n in range(0, N, wide):
            columns = min(wide, N - n)
            b_at = K * n + k * columns
            for row in range(0, high, ROWS):
                at, count = out_at + (m + row) * N + n, min(ROWS, high - row)
                if tiled:
                    tile(
                        out, at, N, out, at, N, k > 0, space, own + row * deep, 1, count, space, b_at, columns,
                        count, columns, deep,
                    )
                else:
                    tile(
                        out, at, N, out, at, N, k > 0, a, a_at + k * M + m + row, 1, M, space, b_at, columns,
                        count, columns, deep,
                    )


@jit()
def _lay_tiles(a, a_at, a_row, space, at, M, K):
    """The rows that a tile of a^T has side by side, for each number along its depth; one such tile after the other."""
    lanes, whole = lanes_of(a), M - M % ROWS
    for k in range(K - 1):
        # Whole vectors go beyond the rows of a tile, to where its next ones will be, and are read beyond them likewise.
        for m in range(0, whole, ROWS):
            to, source = at + m * K + k * ROWS, a_at + k * a_row + m
            for i in range(0, ROWS, lanes):
                store(load(a, source + i), space, to + i)
        for m in range(whole, M):
            space[at + whole * K + k * (M - whole) + m - whole] = a[a_at + k * a_row + m]
    for m in range(M):
        first = min(whole, m - m % ROWS)
        rows = min(ROWS, M - first)
        space[at + first * K + (K - 1) * rows + m - first] = a[a_at + (K - 1) * a_row + m]


@jit()
def _multiply_row(a, a_at, b, b_at, bias, bias_at, y, y_at, K, N):
    """ALONG vectors of y = a b + bias for one row a: (K,); the weights go by once, row by row."""
    lanes = lanes_of(y)
    zero = everywhere(0, load(b, b_at))
    y0 = y1 = y2 = y3 = y4 = y5 = y6 = y7 = zero
    if bias_at >= 0:
        y0, y1 = load(bias, bias_at), load(bias, bias_at + lanes)
        y2, y3 = load(bias, bias_at + 2 * lanes), load(bias, bias_at + 3 * lanes)
        y4, y5 = load(bias, bias_at + 4 * lanes), load(bias, bias_at + 5 * lanes)
        y6, y7 = load(bias, bias_at + 6 * lanes), load(bias, bias_at + 7 * lanes)
    for k in range(K):
        row, share = b_at + k * N, everywhere(a[a_at + k], zero)
        y0, y1 = y0 + share * load(b, row), y1 + share * load(b, row + lanes)
        y2, y3 = y2 + share * load(b, row + 2 * lanes), y3 + share * load(b, row + 3 * lanes)
        y4, y5 = y4 + share * load(b, row + 4 * lanes), y5 + share * load(b, row + 5 * lanes)
        y6, y7 = y6 + share * load(b, row + 6 * lanes), y7 + share * load(b, row + 7 * lanes)
    for place, z in enumerate((y0, y1, y2, y3, y4, y5, y6, y7)):
        store(z, y, y_at + place * lanes)


@jit()
def _lay(b, b_at, b_row, panel, panel_at, K, columns):
    """Some columns of b, side by side."""
    lanes = lanes_of(b)
    for k in range(K):
        source, to = b_at + k * b_row, panel_at + k * columns
        if columns == 2 * lanes:
            store(load(b, source), panel, to)
            store(load(b, source + lanes), panel, to + lanes)
        else:
            for j in range(columns):
                panel[to + j] = b[source + j]


@jit()
def _relu(y, at, M, N, columns):
    """NaN stays."""
    lanes, nothing = lanes_of(y), y.dtype.type(0)
    for m in range(M):
        row = at + m * N
        if columns == 2 * lanes:
            for v in (row, row + lanes):
                z = load(y, v)
                zero = everywhere(0, z)
                store(where(zero > z, zero, z), y, v)
        else:
            for j in range(row, row + columns):
                y[j] = nothing if y[j] < nothing else y[j]


@jit()
def _arrive(dy, dy_at, space, y_at, strip_at, dz_at, bent, M, N, columns, db, db_at):
    """Some columns of dz, from dy: past the relu where there is one; and their sums, unless `db_at` is negative.

    They are written as a strip, and in their rows too unless `dz_at` is negative.
    """
    lanes, nothing = lanes_of(space), space.dtype.type(0)
    if columns == 2 * lanes:
        for part in (0, lanes):
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
        return
    for j in range(columns):
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
