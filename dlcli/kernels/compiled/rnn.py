"""The walk of a simple recurrent layer: all steps there, and all steps back, in one piece each."""

import numpy as np

from dlcli.kernels.compiled._crew import LEADER, call, claim, dismiss, meet, post
from dlcli.kernels.compiled._functions import tanh
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
from dlcli.kernels.recurrent import Bend, carved
from dlcli.kernels.rnn import rnn_backward as twin_backward
from dlcli.kernels.rnn import rnn_forward as twin_forward


@unless_bent(twin_forward)
def rnn_forward(
    x: np.ndarray, R: np.ndarray, b: np.ndarray, W: np.ndarray, *, y: np.ndarray, kept: np.ndarray, work: np.ndarray,
    backwards: bool = False, dead: np.ndarray | None = None, bends: tuple[Bend] | None = None,
) -> None:
    """As its twin; with an activation of its own it is the twin."""
    N, T, _ = x.shape
    dead = NOBODY if dead is None else dead
    _forward(help_for(N * T * (R.size + W.size)), x, R, b, W, y, kept, work, backwards, dead)


@unless_bent(twin_backward)
def rnn_backward(
    dy: np.ndarray, R: np.ndarray, W: np.ndarray, *, dR: np.ndarray, db: np.ndarray | None, dW: np.ndarray,
    dx: np.ndarray | None, kept: np.ndarray, work: np.ndarray, steps: int, backwards: bool = False,
    dead: np.ndarray | None = None, bends: tuple[Bend] | None = None,
) -> None:
    """As its twin; with an activation of its own it is the twin."""
    N, H, K = len(dy), len(R), len(R) + 1 + len(W)
    _back(help_for(N * steps * R.size), dy, R, kept, work, steps, K, NOBODY if dead is None else dead)
    hx, da = carved(kept, ((steps + 1) * N, K), (steps * N, H))
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
    strips = (H + wide - 1) // wide
    width = strips * wide
    hx, _ = _kept(kept, T, N, H, K)
    group = group_rows(words, N)
    sums = work[strips * K * wide + seat * group * width:]
    piece = claim(words, phase, 2, -1)
    while piece >= 0:
        if piece == 0:
            lay(work, K, 0, R, 0, H, 0)
            lay(work, K, H, b.reshape(1, H), 0, H, 0)
            lay(work, K, H + 1, W, 0, H, 0)
        else:
            enter(x, hx, H, backwards)
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
                    copy(hx[t, n], hx[t + 1, n], H)
                else:
                    _bend(sums[row * width:row * width + H], hx[t + 1, n])
                if t >= T - S:
                    copy(hx[t + 1, n], y[n, t - T + S], H)
        piece = claim(words, phase, groups, piece)
    meet(words, seat, phase, groups)


@jit()
def _kept(kept, T, N, H, K):
    at = whole((T + 1) * N * K)
    return kept[:(T + 1) * N * K].reshape(T + 1, N, K), kept[at:at + T * N * H].reshape(T, N, H)


@jit()
def _bend(sums, h):
    for j in range(sums.size):
        h[j] = tanh(sums[j])


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
    hx, da = _kept(kept, T, N, H, K)
    group = group_rows(words, N)
    own = work[H * width + seat * 2 * group * width:]
    piece = claim(words, phase, strips, -1)
    while piece >= 0:
        lay_across(work, H, 0, R, 0, H, piece)
        piece = claim(words, phase, strips, piece)
    phase = meet(words, seat, phase, strips)
    groups = (N + group - 1) // group
    piece = claim(words, phase, groups, -1)
    while piece >= 0:
        start = piece * group
        rows = min(group, N - start)
        dh, share = own, own[rows * width:]
        fill(dh, 0, rows * width, 0)
        for t in range(T - 1, -1, -1):
            for row in range(rows):
                n, here = start + row, row * width
                if t >= T - S:
                    arrive(dy[n, t - T + S], dh, here)
                if dead.size and dead[t, n]:
                    fill(da[t, n], 0, H, 0)
                else:
                    _bend_back(da[t, n], hx[t + 1, n], dh[here:here + width])
            if t:
                multiply_strips(
                    share, width, share, width, False, da, (t * N + start) * H, H, work, H, 0, H, 0, strips, rows,
                )
                carry_over(dead, t, start, rows, dh, share, width, H)
                dh, share = share, dh
        piece = claim(words, phase, groups, piece)
    meet(words, seat, phase, groups)


@jit()
def _bend_back(da, h, dh):
    one = dh.dtype.type(1)
    for j in range(da.size):
        da[j] = dh[j] * (one - h[j] * h[j])
