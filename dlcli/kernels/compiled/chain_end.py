"""Dense layers in a row and what stands behind them, in one compiled call."""

from typing import Any

import numpy as np

from dlcli.kernels.chain_end import chain_binary_crossentropy as binary_twin
from dlcli.kernels.chain_end import chain_categorical_crossentropy as categorical_twin
from dlcli.kernels.chain_end import chain_mse as mse_twin
from dlcli.kernels.chain_end import chain_softmax as softmax_twin
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled.binary_crossentropy import _binary_crossentropy
from dlcli.kernels.compiled.binary_crossentropy import _gradient as _binary_gradient
from dlcli.kernels.compiled.categorical_crossentropy import _categorical_crossentropy
from dlcli.kernels.compiled.categorical_crossentropy import _gradient as _categorical_gradient
from dlcli.kernels.compiled.dense import Y_AT, _backward, _forward, _suits
from dlcli.kernels.compiled.softmax import _softmax
from dlcli.kernels.crew import help_for
from dlcli.kernels.dense import Chain


def chain_softmax(x: np.ndarray, chain: Chain) -> None:
    """As its twin."""
    if not _suits(x, chain):
        softmax_twin.plain(x, chain)  # type: ignore[attr-defined]
        return
    _linked(
        help_for(chain.products), x, chain.theta, chain.space, chain.table, chain.rows, chain.rest, chain.panel,
        chain.judged.p, chain.judged.work,
    )


def chain_categorical_crossentropy(x: np.ndarray, labels: np.ndarray, chain: Chain, *, weight: float) -> None:
    """As its twin."""
    _learn(_categorical, categorical_twin, x, labels, chain, weight, chain.judged.at, chain.judged.work)


def chain_binary_crossentropy(x: np.ndarray, labels: np.ndarray, chain: Chain, *, weight: float) -> None:
    """As its twin."""
    _learn(_binary, binary_twin, x, labels, chain, weight, chain.judged.work)


def chain_mse(x: np.ndarray, targets: np.ndarray, chain: Chain, *, weight: float) -> None:
    """As its twin."""
    _learn(_mse, mse_twin, x, targets, chain, weight)


def _learn(
    compiled: Any, twin: Any, x: np.ndarray, y: np.ndarray, chain: Chain, weight: float, *memory: np.ndarray,
) -> None:
    """Calls what is compiled, with the working memory that it wants, or its twin where that suits the arrays better."""
    if not (_suits(x, chain) and y.flags.c_contiguous):
        twin.plain(x, y, chain, weight=weight)
        return
    judged = chain.judged
    compiled(
        help_for(chain.products), x, y, chain.theta, chain.grad, chain.space, chain.table, chain.rows, chain.rest,
        chain.panel, chain.first, chain.dx, judged.p, judged.losses, judged.dy, weight, *memory,
    )


@jit()
def _outputs(space, table, p):
    """The logits of the last layer, of the shape of p."""
    at = table[len(table) - 1, Y_AT]
    return space[at:at + p.size].reshape(p.shape)


@jit()
def _linked(words, x, theta, space, table, M, rest, panel, p, work):
    _forward(words, x, theta, space, table, M, rest, panel)
    _softmax(_outputs(space, table, p), p, work[0], work[1])


@jit()
def _categorical(
    words, x, labels, theta, grad, space, table, M, rest, panel, first, dx, p, losses, dy, weight, at, work,
):
    _forward(words, x, theta, space, table, M, rest, panel)
    for m in range(M):
        at[m] = labels[m] + m * p.shape[1]
    _categorical_crossentropy(_outputs(space, table, p), at, p, losses, work[0], work[1])
    _categorical_gradient(p, at, weight, dy)
    _backward(words, x, dy, theta, grad, space, table, M, rest, panel, first, dx)


@jit()
def _binary(words, x, labels, theta, grad, space, table, M, rest, panel, first, dx, p, losses, dy, weight, work):
    _forward(words, x, theta, space, table, M, rest, panel)
    targets = work[0]
    for m in range(M):
        targets[m] = labels[m]
    _binary_crossentropy(_outputs(space, table, p).reshape(-1), targets, p.reshape(-1), losses)
    _binary_gradient(p.reshape(-1), targets, weight, dy.reshape(-1))
    _backward(words, x, dy, theta, grad, space, table, M, rest, panel, first, dx)


@jit()
def _mse(words, x, targets, theta, grad, space, table, M, rest, panel, first, dx, p, losses, dy, weight):
    _forward(words, x, theta, space, table, M, rest, panel)
    y, wanted, K = _outputs(space, table, p), targets.reshape(-1), p.shape[1]
    share, slope = p.dtype.type(1 / K), p.dtype.type(weight * (2 / K))
    for m in range(M):
        total = p.dtype.type(0)
        for k in range(K):
            error = y[m, k] - wanted[m * K + k]
            total += error * error
            dy[m, k] = error * slope
        losses[m] = total * share
    _backward(words, x, dy, theta, grad, space, table, M, rest, panel, first, dx)
