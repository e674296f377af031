"""Dense layers one after the other in one compiled call, products and all."""

import numpy as np

from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._products import U, strip, turn
from dlcli.kernels.compiled._tiles import lanes_of
from dlcli.kernels.compiled.relu import _relu, _relu_gradient
from dlcli.kernels.dense import Chain
from dlcli.kernels.dense import chain_backward as backward_twin
from dlcli.kernels.dense import chain_forward as forward_twin

Y_AT, NONE = 5, -1

LARGE = 1 << 19
"""Weights of a layer from which on BLAS is faster by more than the calls between cost."""
FEW = 1
"""Rows up to which the weights are gone through once for each, row by row, rather than tile by tile for all."""
TALL = 48
"""Rows from which on it pays to copy a panel of the weights before they are multiplied by it."""


def chain_forward(x: np.ndarray, chain: Chain) -> None:
    """As its twin."""
    if chain.largest > LARGE or not _fits(x, chain):
        forward_twin.plain(x, chain)  # type: ignore[attr-defined]
    else:
        _forward(x, chain.theta, chain.space, chain.table, chain.rows, chain.rest)


def chain_backward(x: np.ndarray, dy: np.ndarray, chain: Chain) -> None:
    """As its twin."""
    if chain.largest > LARGE or not (_fits(x, chain) and _fits(dy, chain)):
        backward_twin.plain(x, dy, chain)  # type: ignore[attr-defined]
    else:
        _backward(
            x, dy, chain.theta, chain.grad, chain.space, chain.table, chain.rows, chain.rest, chain.first, chain.dx,
        )


def _fits(array: np.ndarray, chain: Chain) -> bool:
    """Whether it lies in one piece, in numbers as the parameters are."""
    return array.flags.c_contiguous and array.dtype == chain.theta.dtype


@jit()
def _forward(rows, theta, space, table, M, rest):
    x = rows.reshape(-1)
    for place in range(len(table)):
        inputs, units, W_at, b_at, bent, y_at, _, _ = table[place]
        if place == 0:
            _multiply(space, y_at, theta, b_at, x, 0, inputs, 1, theta, W_at, M, units, inputs, space, rest)
        else:
            x_at = table[place - 1, Y_AT]
            _multiply(space, y_at, theta, b_at, space, x_at, inputs, 1, theta, W_at, M, units, inputs, space, rest)
        if bent:
            y = space[y_at:y_at + M * units]
            _relu(y, y)


@jit()
def _backward(rows, came, theta, grad, space, table, M, rest, first, dx):
    x, dy = rows.reshape(-1), came.reshape(-1)
    for place in range(len(table) - 1, first - 1, -1):
        inputs, units, W_at, b_at, bent, y_at, dz_at, dx_at = table[place]
        dz = dy
        if bent:
            dz = space[dz_at:dz_at + M * units]
            _relu_gradient(dy, space[y_at:y_at + M * units], dz)
        if b_at >= 0:
            _add_rows(dz, grad[b_at:b_at + units])
        if place == 0:
            _multiply(grad, W_at, theta, NONE, x, 0, 1, inputs, dz, 0, inputs, units, M, space, rest)
        else:
            x_at = table[place - 1, Y_AT]
            _multiply(grad, W_at, theta, NONE, space, x_at, 1, inputs, dz, 0, inputs, units, M, space, rest)
        if place > first or dx:
            weights = inputs * units
            turned = space[rest:rest + weights]
            turn(theta[W_at:W_at + weights], turned, inputs, units)
            _multiply(space, dx_at, theta, NONE, dz, 0, units, 1, turned, 0, M, inputs, units, space, rest + weights)
            dy = space[dx_at:dx_at + M * inputs]


@jit()
def _multiply_row(x, W, bias, bias_at, y):
    """y: (N,) = x W + b for one x: (K,); the weights go by once, row by row."""
    N = U(y.size)
    if bias_at < 0:
        y[:] = 0
    else:
        y[:] = bias[bias_at:bias_at + y.size]
    for k in range(W.size // y.size):
        row, share = U(k) * N, x[k]
        for j in range(N):
            y[j] += share * W[row + j]


@jit()
def _add_rows(z, total):
    """total: (N,) = the sum of the rows of z: (M, N), which lies in one piece."""
    N = U(total.size)
    total[:] = 0
    for m in range(z.size // total.size):
        row = U(m) * N
        for j in range(N):
            total[j] += z[row + j]


@jit()
def _multiply(out, out_at, bias, bias_at, a, a_at, a_row, a_column, b, b_at, M, N, K, work, work_at):
    """out = a b, with a bias in every row where `bias_at` is not negative; b: (K, N) and out: (M, N) in one piece."""
    if M <= FEW and a_column == 1:
        for m in range(M):
            _multiply_row(a[a_at + m * a_row:], b[b_at:b_at + K * N], bias, bias_at, out[out_at + m * N:][:N])
        return
    wide = 2 * lanes_of(out)
    for n in range(0, N, wide):
        columns = min(wide, N - n)
        if M >= TALL and columns == wide:
            panel = work[work_at:work_at + K * wide]
            for k in range(K):
                source, to = U(b_at + k * N + n), U(k * wide)
                for j in range(U(wide)):
                    panel[to + j] = b[source + j]
            strip(
                out, out_at + n, N, bias, max(bias_at, 0) + n, 0, bias_at >= 0, a, a_at, a_row, a_column,
                work, work_at, wide, M, columns, K, True,
            )
        else:
            strip(
                out, out_at + n, N, bias, max(bias_at, 0) + n, 0, bias_at >= 0, a, a_at, a_row, a_column,
                b, b_at + n, N, M, columns, K, True,
            )
