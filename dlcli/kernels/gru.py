"""The walk of a GRU through time and back, see `recurrent`. R, b and W come in Keras' order, z r g.

Here batches lie along the last axis, so that every gate of a step is one piece of memory. Kept are g z r and q: what
the reset gate multiplies, or what it gives where it comes before the product. So what has to do with x comes first,
and what has to do with h comes last.
"""

import numpy as np

from dlcli.kernels.choice import kernel
from dlcli.kernels.recurrent import Bend, carved, entered, first_last, last_first, steps_at_once


@kernel
def gru_forward(
    x: np.ndarray, R: np.ndarray, b: np.ndarray, W: np.ndarray, *, y: np.ndarray, kept: np.ndarray, work: np.ndarray,
    reset_after: bool, backwards: bool = False, dead: np.ndarray | None = None,
    bends: tuple[Bend, Bend] | None = None,
) -> None:
    """Walks x: (N, T, I) from h = 0 to the last step, and writes the last S states to y: (N, S, H).

    `b`: (2, 3H), what is added to x W and to h R. q is h R_g + b_g with `reset_after`; r h without, where g takes
    both its biases. `bends`: the activations of the gates and of g; None are sigmoid and tanh. `kept`:
    kept_size(T, N, H, I, gates=4), with `bends` slopes=4; `work`: work_size(T, N, H, I, gates=4). `backwards` reads x
    from its end. `dead`: (T, N) bool is True where a step is padding, in the order of the walk: it carries h over,
    by z = 1.
    """
    (N, T, features), H, last = x.shape, len(R), (4 if reset_after else 3) * len(R)
    hx, every, slopes = _kept(kept, T, N, H, H + 1 + features, bends is not None)
    V, share = carved(work, (H + 1 + features, 4 * H), (H, N))
    _join(R, b, W, V, turned=bends is None, reset_after=reset_after)
    entered(x, hx, H, backwards)
    np.matmul(V[H:, :H].T, hx[:T, H:], every[:, :H])
    h, to_q, V, one = hx[:, :H], V[:H, :H].T, V[:, H:last].T, np.array(1, x.dtype)
    with np.errstate(over="ignore"):  # exp may become infinite: the gate is then 0, as it should be
        for t in range(T):
            gates, state, h_next = every[t], h[t], h[t + 1]
            np.matmul(V, hx[t], gates[H:last])
            g, shut, z, r, q = gates[:H], gates[H:3 * H], gates[H:2 * H], gates[2 * H:3 * H], gates[3 * H:]
            if bends is None:
                np.exp(shut, shut)
                np.add(shut, one, shut)
                np.divide(one, shut, shut)
            else:
                bends[0](shut, slopes[t, H:3 * H])
            if reset_after:
                np.multiply(r, q, share)
            else:
                np.multiply(r, state, q)
                np.matmul(to_q, q, share)
            np.add(g, share, g)
            if bends is None:
                np.tanh(g, g)
            else:
                bends[1](g, slopes[t, :H])
            if dead is not None:
                np.copyto(z, 1, where=dead[t])
                if bends is not None:
                    np.copyto(slopes[t], 0, where=dead[t])
            np.subtract(state, g, share)
            np.multiply(share, z, share)
            np.add(share, g, h_next)
            if dead is not None:
                np.copyto(h_next, state, where=dead[t])
    y[...] = h[T + 1 - y.shape[1]:].transpose(2, 0, 1)


def _kept(kept: np.ndarray, T: int, N: int, H: int, K: int, bent: bool) -> tuple[np.ndarray, ...]:
    """What steps read, their gates, and with activations of their own the derivatives of those."""
    return tuple(carved(kept, (T + 1, K, N), (T, 4 * H, N), (T if bent else 0, 4 * H, N)))


def _join(R: np.ndarray, b: np.ndarray, W: np.ndarray, V: np.ndarray, *, turned: bool, reset_after: bool) -> None:
    """One matrix (K, 4H) from all that a step reads to g z r q; z and r with their sign turned where that is wanted."""
    H = len(R)
    for part, source in ((V[:H], R), (V[H], b[0]), (V[H + 1:], W)):
        part[..., :H], part[..., H:3 * H] = source[..., 2 * H:], source[..., :2 * H]
    V[H, H:3 * H] += b[1, :2 * H]
    if turned:
        np.negative(V[:, H:3 * H], V[:, H:3 * H])  # sigmoid(z) = 1 / (1 + exp(-z))
    if reset_after:
        V[:H, 3 * H:], V[H, 3 * H:], V[H + 1:, 3 * H:] = R[:, 2 * H:], b[1, 2 * H:], 0
    else:
        V[H, :H] += b[1, 2 * H:]


@kernel
def gru_backward(
    dy: np.ndarray, R: np.ndarray, W: np.ndarray, *, dR: np.ndarray, db: np.ndarray | None, dW: np.ndarray,
    dx: np.ndarray | None, kept: np.ndarray, work: np.ndarray, steps: int, reset_after: bool, backwards: bool = False,
    dead: np.ndarray | None = None, bends: tuple[Bend, Bend] | None = None,
) -> None:
    """Walks back through `steps` steps, given dy: (N, S, H) of the last S states; uses up what was kept.

    Fills the gradients of R, b: (2, 3H) or, without `reset_after`, (1, 3H), and W; and `dx`: (N, steps, I) where it is
    wanted. `dead` is known from z = 1 already.
    """
    (N, S, H), features, T = dy.shape, len(W), steps
    K, at_once = H + 1 + features, steps_at_once(T, N * 4 * H)
    hx, every, slopes = _kept(kept, T, N, H, K, bends is not None)
    of_x, of_h, rows, da, dh, share, rest, s, V, dxs = carved(
        work, (1 + features, 3 * H), (H + 1, 3 * H), (K, T, N), (4 * H, T, N), (H, N), (H, N), (H, N),
        (at_once, 4 * H, N), (features, 3 * H), (0 if dx is None else features, T * N),
    )
    first, last, dh[...] = R[:, :2 * H], R[:, 2 * H:], 0
    count = 4 if reset_after else 2  # gates that follow from dh at once
    for stop in range(T, 0, -at_once):
        piece = slice(max(0, stop - at_once), stop)
        if bends is None:
            _derive(every[piece], s)
        else:
            s = slopes[piece]
        _weigh(every[piece], hx[piece, :H], s, reset_after)
        for t in range(stop - 1, piece.start - 1, -1):
            gates, slope, r = every[t], s[t - piece.start], every[t, 2 * H:3 * H]
            if t >= T - S:
                np.add(dh, dy[:, t - T + S].T, dh)
            np.multiply(dh, gates[H:2 * H], share)  # z, which goes now
            np.multiply(slope[:count * H].reshape(count, H, N), dh, gates[:count * H].reshape(count, H, N))
            if not reset_after:
                np.matmul(last, gates[:H], rest)
                np.multiply(rest, r, dh)  # r goes now
                np.add(share, dh, share)
                np.multiply(slope[2 * H:3 * H], rest, r)
            if not t:
                break
            if reset_after:
                np.matmul(R, gates[H:], rest)
            else:
                np.matmul(first, gates[H:3 * H], rest)
            np.add(share, rest, dh)
        da[:, piece] = every[piece].transpose(1, 0, 2)
    rows[...] = hx[:T].transpose(1, 0, 2)
    _summed(rows, da, of_x, of_h, dR, db, dW, reset_after)
    if dx is not None:
        last_first(W, H, out=V)
        np.matmul(V, da[:3 * H].reshape(3 * H, T * N), dxs)
        dx[:, ::-1 if backwards else 1] = dxs.reshape(features, T, N).transpose(2, 1, 0)


def _summed(
    rows: np.ndarray, da: np.ndarray, of_x: np.ndarray, of_h: np.ndarray, dR: np.ndarray, db: np.ndarray | None,
    dW: np.ndarray, reset_after: bool,
) -> None:
    """Gradients of the parameters, from what steps read, rows: (K, T, N), and what was due to it, da: (4H, T, N)."""
    H, rows, da = len(dR), rows.reshape(len(rows), -1), da.reshape(len(da), -1)
    np.matmul(rows[H:], da[:3 * H].T, of_x)
    first_last(of_x[1:], H, out=dW)
    if reset_after:
        np.matmul(rows[:H + 1], da[H:].T, of_h)
        dR[...] = of_h[:H]
    else:
        np.matmul(rows[:H], da[H:3 * H].T, dR[:, :2 * H])
        np.matmul(da[3 * H:], da[:H].T, dR[:, 2 * H:])
    if db is not None:
        first_last(of_x[0], H, out=db[0])
        db[1:] = of_h[H]


def _derive(gates: np.ndarray, slopes: np.ndarray) -> None:
    """Derivatives of sigmoid, y (1 - y), and tanh, 1 - y^2, from their outputs y."""
    H, slopes = gates.shape[1] // 4, slopes[:len(gates)]
    g, slope_g, shut, slope = gates[:, :H], slopes[:, :H], gates[:, H:3 * H], slopes[:, H:3 * H]
    np.multiply(g, g, slope_g)
    np.subtract(1, slope_g, slope_g)
    np.subtract(1, shut, slope)
    np.multiply(slope, shut, slope)


def _weigh(gates: np.ndarray, h: np.ndarray, slopes: np.ndarray, reset_after: bool) -> None:
    """Multiplies the slopes by all that is known before the walk, so that dh alone is missing, or what r h gets."""
    (T, H, N), slopes = h.shape, slopes[:len(gates)]
    (g, z, r, q), (s_g, s_z, s_r, s_q) = (np.moveaxis(a.reshape(T, 4, H, N), 1, 0) for a in (gates, slopes))
    np.subtract(1, z, s_q)
    np.multiply(s_g, s_q, s_g)
    np.subtract(h, g, s_q)
    np.multiply(s_z, s_q, s_z)
    if not reset_after:
        np.multiply(s_r, h, s_r)
        return
    np.multiply(s_r, q, s_r)
    np.multiply(s_r, s_g, s_r)
    np.multiply(r, s_g, s_q)
