"""The walk of an LSTM: all steps there, and all steps back, in one piece each."""

import numpy as np

from dlcli.kernels.compiled._crew import LEADER, call, claim, dismiss, meet, post
from dlcli.kernels.compiled._functions import sigmoid, tanh
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._walks import (
    NOBODY,
    arrive,
    carry_over,
    copy,
    enter,
    fill,
    gradients,
    group_rows,
    input_gradient,
    lay,
    lay_across,
    multiply_strips,
    strip_width,
    unless_bent,
    whole,
)
from dlcli.kernels.crew import help_for
from dlcli.kernels.lstm import lstm_backward as twin_backward
from dlcli.kernels.lstm import lstm_forward as twin_forward
from dlcli.kernels.recurrent import Bend, carved


@unless_bent(twin_forward)
def lstm_forward(
    x: np.ndarray, R: np.ndarray, b: np.ndarray, W: np.ndarray, *, y: np.ndarray, kept: np.ndarray, work: np.ndarray,
    backwards: bool = False, dead: np.ndarray | None = None, bends: tuple[Bend, Bend] | None = None,
) -> None:
    """As its twin; with activations of their own it is the twin."""
    N, T, _ = x.shape
    dead = NOBODY if dead is None else dead
    _forward(help_for(N * T * (R.size + W.size)), x, R, b, W, y, kept, work, backwards, dead)


@unless_bent(twin_backward)
def lstm_backward(
    dy: np.ndarray, R: np.ndarray, W: np.ndarray, *, dR: np.ndarray, db: np.ndarray | None, dW: np.ndarray,
    dx: np.ndarray | None, kept: np.ndarray, work: np.ndarray, steps: int, backwards: bool = False,
    dead: np.ndarray | None = None, bends: tuple[Bend, Bend] | None = None,
) -> None:
    """As its twin; with activations of their own it is the twin."""
    N, H, K = len(dy), len(R), len(R) + 1 + len(W)
    _back(help_for(N * steps * R.size), dy, R, kept, work, steps, K, NOBODY if dead is None else dead)
    hx, da = carved(kept, ((steps + 1) * N, K), (steps * N, 4 * H))
    gradients(hx[:steps * N], da, dR=dR, db=db, dW=dW, work=work)
    if dx is not None:
        input_gradient(da, W, H, dx=dx, work=work, backwards=backwards)


@jit()
def _forward(words, x, R, b, W, y, kept, work, backwards, dead):
    (N, T, features), H = x.shape, R.shape[0]
    _kept(kept, T, N, H, H + 1 + features)  # raises where it is too short, before others are called
    post(words, _forward_work, (x, R, b, W, y, kept, work, backwards, dead))
    _forward_work(words, LEADER, call(words), x, R, b, W, y, kept, work, backwards, dead)
    dismiss(words)


@jit()
def _forward_work(words, seat, phase, x, R, b, W, y, kept, work, backwards, dead):
    (N, T, features), H, S = x.shape, R.shape[0], y.shape[1]
    K, wide = H + 1 + features, strip_width(x)
    strips = (4 * H + wide - 1) // wide
    width = strips * wide
    hx, gates, c, tanh_c = _kept(kept, T, N, H, K)
    group = group_rows(words, N)
    sums = work[strips * K * wide + seat * group * width:]
    piece = claim(words, phase, 2, -1)
    while piece >= 0:
        if piece == 0:
            lay(work, K, 0, R, 3 * H, 4 * H, 0)
            lay(work, K, 0, R, 0, 3 * H, H)
            lay(work, K, H, b.reshape(1, 4 * H), 3 * H, 4 * H, 0)
            lay(work, K, H, b.reshape(1, 4 * H), 0, 3 * H, H)
            lay(work, K, H + 1, W, 3 * H, 4 * H, 0)
            lay(work, K, H + 1, W, 0, 3 * H, H)
        else:
            enter(x, hx, H, backwards)
            fill(c.reshape(c.size), 0, N * H, 0)
        piece = claim(words, phase, 2, piece)
    phase = meet(words, seat, phase, 2)
    groups = (N + group - 1) // group
    piece = claim(words, phase, groups, -1)
    while piece >= 0:
        start = piece * group
        rows = min(group, N - start)
        for t in range(T):
            first = 0 if t else H  # the state is zero before the first step
            multiply_strips(
                sums, width, sums, width, False, hx, (t * N + start) * K, K, work, K, first, K, 0, strips, rows,
            )
            for row in range(rows):
                n = start + row
                if dead.size and dead[t, n]:
                    _pass_by(gates[t, n], hx[t, n], hx[t + 1, n], c[t, n], c[t + 1, n], tanh_c[t, n])
                else:
                    _gate(
                        sums[row * width:(row + 1) * width], gates[t, n], hx[t + 1, n], c[t, n], c[t + 1, n],
                        tanh_c[t, n],
                    )
                if t >= T - S:
                    copy(hx[t + 1, n], y[n, t - T + S], H)
        piece = claim(words, phase, groups, piece)
    meet(words, seat, phase, groups)


@jit()
def _gate(sums, gates, h_next, c, c_next, tanh_c):
    H = c.size
    for j in range(H):
        o, i, f, g = sigmoid(sums[j]), sigmoid(sums[H + j]), sigmoid(sums[2 * H + j]), tanh(sums[3 * H + j])
        cell = f * c[j] + i * g
        bent = tanh(cell)
        gates[j], gates[H + j], gates[2 * H + j], gates[3 * H + j] = o, i, f, g
        c_next[j], tanh_c[j], h_next[j] = cell, bent, o * bent


@jit()
def _pass_by(gates, h, h_next, c, c_next, tanh_c):
    H = c.size
    for j in range(H):
        gates[j] = gates[H + j] = gates[3 * H + j] = tanh_c[j] = 0
        gates[2 * H + j] = 1
        c_next[j], h_next[j] = c[j], h[j]


@jit()
def _back(words, dy, R, kept, work, T, K, dead):
    _kept(kept, T, dy.shape[0], R.shape[0], K)  # raises where it is too short, before others are called
    post(words, _back_work, (dy, R, kept, work, T, K, dead))
    _back_work(words, LEADER, call(words), dy, R, kept, work, T, K, dead)
    dismiss(words)


@jit()
def _back_work(words, seat, phase, dy, R, kept, work, T, K, dead):
    N, S, H = dy.shape
    wide = strip_width(dy)
    strips = (H + wide - 1) // wide
    width = strips * wide
    _, gates, c, tanh_c = _kept(kept, T, N, H, K)
    group = group_rows(words, N)
    at = strips * 4 * H * wide + seat * 3 * group * width
    piece = claim(words, phase, strips, -1)
    while piece >= 0:
        lay_across(work, 4 * H, 0, R, 3 * H, 4 * H, piece)
        lay_across(work, 4 * H, H, R, 0, 3 * H, piece)
        piece = claim(words, phase, strips, piece)
    phase = meet(words, seat, phase, strips)
    groups = (N + group - 1) // group
    piece = claim(words, phase, groups, -1)
    while piece >= 0:
        start = piece * group
        rows = min(group, N - start)
        dh, share, dc = work[at:at + rows * width], work[at + rows * width:], work[at + 2 * rows * width:]
        fill(work, at, at + 3 * rows * width, 0)
        for t in range(T - 1, -1, -1):
            for row in range(rows):
                n, here = start + row, row * width
                if t >= T - S:
                    arrive(dy[n, t - T + S], dh, here)
                _gate_back(gates[t, n], c[t, n], tanh_c[t, n], dh[here:here + width], dc[here:here + width])
            if t:
                multiply_strips(
                    share, width, share, width, False, gates, (t * N + start) * 4 * H, 4 * H, work, 4 * H, 0, 4 * H,
                    0, strips, rows,
                )
                carry_over(dead, t, start, rows, dh, share, width, H)
                dh, share = share, dh
        piece = claim(words, phase, groups, piece)
    meet(words, seat, phase, groups)


@jit()
def _gate_back(gates, c, tanh_c, dh, dc):
    H = c.size
    one = dh.dtype.type(1)
    for j in range(H):
        o, i, f, g = gates[j], gates[H + j], gates[2 * H + j], gates[3 * H + j]
        bent, d = tanh_c[j], dh[j]
        e = dc[j] + d * o * (one - bent * bent)
        gates[j] = d * bent * o * (one - o)
        gates[H + j] = e * g * i * (one - i)
        gates[2 * H + j] = e * c[j] * f * (one - f)
        gates[3 * H + j] = e * i * (one - g * g)
        dc[j] = e * f


@jit()
def _kept(kept, T, N, H, K):
    a = whole((T + 1) * N * K)
    b = a + whole(T * N * 4 * H)
    d = b + whole((T + 1) * N * H)
    return (
        kept[:(T + 1) * N * K].reshape(T + 1, N, K), kept[a:a + T * N * 4 * H].reshape(T, N, 4 * H),
        kept[b:b + (T + 1) * N * H].reshape(T + 1, N, H), kept[d:d + T * N * H].reshape(T, N, H),
    )
