"""The walk of a GRU: all steps there, and all steps back, in one piece each."""

import numpy as np

from dlcli.kernels.compiled._crew import LEADER, call, claim, dismiss, meet, post
from dlcli.kernels.compiled._gru_gates import advance, advance_back, gate, gate_back, open_back, open_gates
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._walks import (
    NOBODY,
    arrive,
    copy,
    enter,
    fill,
    group_rows,
    input_gradient,
    lay,
    lay_across,
    multiply_strips,
    multiply_turned,
    strip_width,
    unless_bent,
    whole,
)
from dlcli.kernels.crew import help_for
from dlcli.kernels.gru import gru_backward as twin_backward
from dlcli.kernels.gru import gru_forward as twin_forward
from dlcli.kernels.recurrent import Bend, carved, first_last


@unless_bent(twin_forward)
def gru_forward(
    x: np.ndarray, R: np.ndarray, b: np.ndarray, W: np.ndarray, *, y: np.ndarray, kept: np.ndarray, work: np.ndarray,
    reset_after: bool, backwards: bool = False, dead: np.ndarray | None = None,
    bends: tuple[Bend, Bend] | None = None,
) -> None:
    """As its twin; with activations of their own it is the twin."""
    N, T, _ = x.shape
    dead = NOBODY if dead is None else dead
    _forward(help_for(N * T * (R.size + W.size)), x, R, b, W, y, kept, work, reset_after, backwards, dead)


@unless_bent(twin_backward)
def gru_backward(
    dy: np.ndarray, R: np.ndarray, W: np.ndarray, *, dR: np.ndarray, db: np.ndarray | None, dW: np.ndarray,
    dx: np.ndarray | None, kept: np.ndarray, work: np.ndarray, steps: int, reset_after: bool, backwards: bool = False,
    dead: np.ndarray | None = None, bends: tuple[Bend, Bend] | None = None,
) -> None:
    """As its twin; with activations of their own it is the twin."""
    N, H, K = len(dy), len(R), len(R) + 1 + len(W)
    _back(help_for(N * steps * R.size), dy, R, kept, work, steps, K, reset_after)
    hx, da = carved(kept, ((steps + 1) * N, K), (steps * N, 4 * H))
    hx = hx[:steps * N]
    of_x, of_h = carved(work, (K - H, 3 * H), (H + 1, 3 * H))
    multiply_turned(hx[:, H:], da[:, :3 * H], of_x)
    first_last(of_x[1:], H, out=dW)
    if reset_after:
        multiply_turned(hx[:, :H + 1], da[:, H:], of_h)
        dR[...] = of_h[:H]
    else:
        multiply_turned(hx[:, :H], da[:, H:3 * H], dR[:, :2 * H])
        multiply_turned(da[:, 3 * H:], da[:, :H], dR[:, 2 * H:])
    if db is not None:
        first_last(of_x[0], H, out=db[0])
        db[1:] = of_h[H]
    if dx is not None:
        input_gradient(da[:, :3 * H], W, H, dx=dx, work=work, backwards=backwards)


@jit()
def _forward(words, x, R, b, W, y, kept, work, reset_after, backwards, dead):
    (N, T, features), H = x.shape, R.shape[0]
    _kept(kept, T, N, H, H + 1 + features)  # raises where it is too short, before others are called
    post(words, _forward_work, (x, R, b, W, y, kept, work, reset_after, backwards, dead))
    _forward_work(words, LEADER, call(words), x, R, b, W, y, kept, work, reset_after, backwards, dead)
    dismiss(words)


@jit()
def _forward_work(words, seat, phase, x, R, b, W, y, kept, work, reset_after, backwards, dead):
    (N, T, features), H, S = x.shape, R.shape[0], y.shape[1]
    K, wide = H + 1 + features, strip_width(x)
    columns = 4 * H if reset_after else 3 * H
    strips = (columns + wide - 1) // wide
    width = strips * wide
    hx, gates = _kept(kept, T, N, H, K)
    to_q = work[strips * K * wide:]
    narrow = (H + wide - 1) // wide * wide
    group = group_rows(words, N)
    sums = to_q[narrow * H + seat * group * (width + narrow):]
    drawn = sums[group * width:]
    piece = claim(words, phase, 2, -1)
    while piece >= 0:
        if piece == 0:
            _lay_all(work, to_q, R, b, W, reset_after)
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
            at, first = (t * N + start) * K, 0 if t else H  # the state is zero before the first step
            _multiply_inputs(sums, width, hx, at, first, work, K, H, strips, rows)
            for row in range(rows):
                n, here = start + row, row * width
                if reset_after:
                    gate(sums[here:here + width], gates[t, n], hx[t, n], hx[t + 1, n])
                else:
                    open_gates(sums[here:here + width], gates[t, n], hx[t, n])
            if not reset_after:
                multiply_strips(
                    drawn, narrow, sums, width, True, gates, (t * N + start) * 4 * H + 3 * H, 4 * H, to_q, H, 0, H,
                    0, narrow // wide, rows,
                )
                for row in range(rows):
                    n, here = start + row, row * narrow
                    advance(drawn[here:here + narrow], gates[t, n], hx[t, n], hx[t + 1, n])
            for row in range(rows):
                n = start + row
                if dead.size and dead[t, n]:
                    fill(gates[t, n], H, 2 * H, 1)
                    copy(hx[t, n], hx[t + 1, n], H)
                if t >= T - S:
                    copy(hx[t + 1, n], y[n, t - T + S], H)
        piece = claim(words, phase, groups, piece)
    meet(words, seat, phase, groups)


@jit()
def _multiply_inputs(sums, width, hx, at, first, strips, K, H, count, rows):
    """The sums of one step: strips that hold g alone, q alone, and all between; the compiler sees one product."""
    wide = strip_width(sums)
    of_g, of_q = H // wide, (3 * H + wide - 1) // wide
    for part in range(3):
        top, bottom = H if part == 0 else first, H + 1 if part == 2 else K
        left = 0 if part == 0 else of_g if part == 1 else of_q
        right = of_g if part == 0 else of_q if part == 1 else count
        multiply_strips(sums, width, sums, width, False, hx, at, K, strips, K, top, bottom, left, right, rows)


@jit()
def _kept(kept, T, N, H, K):
    at = whole((T + 1) * N * K)
    return kept[:(T + 1) * N * K].reshape(T + 1, N, K), kept[at:at + T * N * 4 * H].reshape(T, N, 4 * H)


@jit()
def _lay_all(strips, to_q, R, b, W, reset_after):
    H, features = R.shape[0], W.shape[0]
    K, wide = H + 1 + features, strip_width(R)
    columns = 4 * H if reset_after else 3 * H
    fill(strips, 0, (columns + wide - 1) // wide * K * wide, 0)  # what h does not give to g, nor x to q
    lay(strips, K, 0, R, 0, 2 * H, H)
    lay(strips, K, H, b[:1], 2 * H, 3 * H, 0)
    lay(strips, K, H, b[:1], 0, 2 * H, H)
    for j in range(2 * H if reset_after else 3 * H):
        to = j + H if j < 2 * H else j - 2 * H
        strips[(to // wide * K + H) * wide + to % wide] += b[1, j]
    lay(strips, K, H + 1, W, 2 * H, 3 * H, 0)
    lay(strips, K, H + 1, W, 0, 2 * H, H)
    if reset_after:
        lay(strips, K, 0, R, 2 * H, 3 * H, 3 * H)
        lay(strips, K, H, b[1:], 2 * H, 3 * H, 3 * H)
    else:
        lay(to_q, H, 0, R, 2 * H, 3 * H, 0)


@jit()
def _back(words, dy, R, kept, work, T, K, reset_after):
    _kept(kept, T, dy.shape[0], R.shape[0], K)  # raises where it is too short, before others are called
    post(words, _back_work, (dy, R, kept, work, T, K, reset_after))
    _back_work(words, LEADER, call(words), dy, R, kept, work, T, K, reset_after)
    dismiss(words)


@jit()
def _back_work(words, seat, phase, dy, R, kept, work, T, K, reset_after):
    N, S, H = dy.shape
    wide = strip_width(dy)
    strips = (H + wide - 1) // wide
    width, depth = strips * wide, 3 * H if reset_after else 2 * H
    hx, gates = _kept(kept, T, N, H, K)
    to_q = work[depth * width:]
    group = group_rows(words, N)
    own = to_q[H * width + seat * 3 * group * width:]
    piece = claim(words, phase, strips, -1)
    while piece >= 0:
        lay_across(work, depth, 0, R, 0, depth, piece)
        if not reset_after:
            lay_across(to_q, H, 0, R, 2 * H, 3 * H, piece)
        piece = claim(words, phase, strips, piece)
    phase = meet(words, seat, phase, strips)
    groups = (N + group - 1) // group
    piece = claim(words, phase, groups, -1)
    while piece >= 0:
        start = piece * group
        rows = min(group, N - start)
        dh, share, rest = own, own[rows * width:], own[2 * rows * width:]
        fill(dh, 0, rows * width, 0)
        for t in range(T - 1, -1, -1):
            at = (t * N + start) * 4 * H
            for row in range(rows):
                n, here = start + row, row * width
                if t >= T - S:
                    arrive(dy[n, t - T + S], dh, here)
                if reset_after:
                    gate_back(gates[t, n], hx[t, n], dh[here:here + width])
                else:
                    advance_back(gates[t, n], hx[t, n], dh[here:here + width])
            if not reset_after:
                multiply_strips(rest, width, rest, width, False, gates, at, 4 * H, to_q, H, 0, H, 0, strips, rows)
                for row in range(rows):
                    n, here = start + row, row * width
                    open_back(gates[t, n], hx[t, n], dh[here:here + width], rest[here:here + width])
            if t:
                multiply_strips(
                    share, width, dh, width, True, gates, at + H, 4 * H, work, depth, 0, depth, 0, strips, rows,
                )
                dh, share = share, dh
        piece = claim(words, phase, groups, piece)
    meet(words, seat, phase, groups)
