"""The walk of an LSTM through time and back, see `recurrent`. R, b and W come in Keras' order, i f g o.

Here batches lie along the last axis, so that every gate of a step is one piece of memory. Gates come in the order
o i f g: those that are sigmoids are neighbours, and so are those behind the cell.
"""

import numpy as np

from dlcli.kernels.choice import kernel
from dlcli.kernels.recurrent import Bend, carved, entered, first_last, last_first, steps_at_once


@kernel
def lstm_forward(
    x: np.ndarray, R: np.ndarray, b: np.ndarray, W: np.ndarray, *, y: np.ndarray, kept: np.ndarray, work: np.ndarray,
    backwards: bool = False, dead: np.ndarray | None = None, bends: tuple[Bend, Bend] | None = None,
) -> None:
    """Walks x: (N, T, I) from h = c = 0 to the last step, and writes the last S states to y: (N, S, H).

    `bends`: the activations of the gates and of the cell; None are sigmoid and tanh. `kept`: kept_size(T, N, H, I,
    gates=4, cells=2), with `bends` slopes=5; `work`: work_size(T, N, H, I, gates=4). `backwards` reads x from its
    end. `dead`: (T, N) bool is True where a step is padding, in the order of the walk: it carries h and c over, by
    gates i = 0, f = 1, o = 0.
    """
    (N, T, features), H = x.shape, len(R)
    K = H + 1 + features
    hx, every, c, bent_c, slopes, slope_c = _kept(kept, T, N, H, K, bends is not None)
    (V,) = carved(work, (K, 4 * H))
    for part, source in ((V[:H], R), (V[H], b), (V[H + 1:], W)):
        last_first(source, H, out=part)
    if bends is None:
        np.negative(V[:, :3 * H], V[:, :3 * H])  # sigmoid(z) = 1 / (1 + exp(-z))
    entered(x, hx, H, backwards)
    c[0] = 0
    h, V, one = hx[:, :H], V.T, np.array(1, x.dtype)
    with np.errstate(over="ignore"):  # exp may become infinite: the gate is then 0, as it should be
        for t in range(T):
            gates, bent, c_next, h_next = every[t], bent_c[t], c[t + 1], h[t + 1]
            np.matmul(V, hx[t], gates)
            shut, o, i, f, g = gates[:3 * H], gates[:H], gates[H:2 * H], gates[2 * H:3 * H], gates[3 * H:]
            if bends is None:
                np.exp(shut, shut)
                np.add(shut, one, shut)
                np.divide(one, shut, shut)
                np.tanh(g, g)
            else:
                bends[0](shut, slopes[t, :3 * H])
                bends[1](g, slopes[t, 3 * H:])
            if dead is not None:
                _close(gates, slopes[t] if bends else None, dead[t])
            np.multiply(f, c[t], c_next)
            np.multiply(i, g, bent)
            np.add(c_next, bent, c_next)
            if bends is None:
                np.tanh(c_next, bent)
            else:
                bent[...] = c_next
                bends[1](bent, slope_c[t])
            np.multiply(o, bent, h_next)
            if dead is not None:
                np.copyto(h_next, h[t], where=dead[t])
    y[...] = h[T + 1 - y.shape[1]:].transpose(2, 0, 1)


def _kept(kept: np.ndarray, T: int, N: int, H: int, K: int, bent: bool) -> tuple[np.ndarray, ...]:
    """What steps read, their gates, c, the activation of c, and with activations of their own all derivatives."""
    slopes = T if bent else 0
    return tuple(carved(
        kept, (T + 1, K, N), (T, 4 * H, N), (T + 1, H, N), (T, H, N), (slopes, 4 * H, N), (slopes, H, N),
    ))


def _close(gates: np.ndarray, slopes: np.ndarray | None, dead: np.ndarray) -> None:
    """Sets the gates so that nothing enters, nothing is forgotten and nothing leaves where a step is padding."""
    H = len(gates) // 4
    for gate, value in ((0, 0), (1, 0), (2, 1)):
        np.copyto(gates[gate * H:(gate + 1) * H], value, where=dead)
    if slopes is not None:
        np.copyto(slopes, 0, where=dead)


@kernel
def lstm_backward(
    dy: np.ndarray, R: np.ndarray, W: np.ndarray, *, dR: np.ndarray, db: np.ndarray | None, dW: np.ndarray,
    dx: np.ndarray | None, kept: np.ndarray, work: np.ndarray, steps: int, backwards: bool = False,
    dead: np.ndarray | None = None, bends: tuple[Bend, Bend] | None = None,
) -> None:
    """Walks back through `steps` steps, given dy: (N, S, H) of the last S states; uses up what was kept.

    Fills the gradients of R, b and W, and `dx`: (N, steps, I) where it is wanted.
    """
    (N, S, H), features, T = dy.shape, len(W), steps
    K, at_once = H + 1 + features, steps_at_once(T, N * 4 * H)
    hx, every, c, bent_c, slopes, slope_c = _kept(kept, T, N, H, K, bends is not None)
    V, dV, rows, da, dh, dc, share, spare, s, s_c, dxs = carved(
        work, (H + features, 4 * H), (K, 4 * H), (K, T, N), (4 * H, T, N), (H, N), (H, N), (H, N), (H, N),
        (at_once, 4 * H, N), (at_once, H, N), (0 if dx is None else features, T * N),
    )
    last_first(R, H, out=V[:H])
    V_h, dh[...], dc[...] = V[:H], 0, 0
    for stop in range(T, 0, -at_once):
        piece = slice(max(0, stop - at_once), stop)
        if bends is None:
            _derive(every[piece], bent_c[piece], s, s_c)
        else:
            s, s_c = slopes[piece], slope_c[piece]
        _weigh(every[piece], c[piece], bent_c[piece], s, s_c)
        for t in range(stop - 1, piece.start - 1, -1):
            gates, slope = every[t], s[t - piece.start]
            if t >= T - S:
                np.add(dh, dy[:, t - T + S].T, dh)
            np.multiply(dh, s_c[t - piece.start], share)
            np.add(dc, share, dc)
            np.multiply(dc, gates[2 * H:3 * H], spare)  # by f, which goes now
            np.multiply(slope[H:].reshape(3, H, N), dc, gates[H:].reshape(3, H, N))
            np.multiply(slope[:H], dh, gates[:H])
            dc, spare = spare, dc
            if not t:
                break
            if dead is None:
                np.matmul(V_h, gates, dh)
            else:
                np.matmul(V_h, gates, share)
                np.add(share, dh, out=share, where=dead[t])
                dh, share = share, dh
        da[:, piece] = every[piece].transpose(1, 0, 2)
    rows[...], da = hx[:T].transpose(1, 0, 2), da.reshape(4 * H, T * N)
    np.matmul(rows.reshape(K, T * N), da.T, dV)
    _apart(dV, H, dR, db, dW)
    if dx is not None:
        last_first(W, H, out=V[H:])
        np.matmul(V[H:], da, dxs)
        dx[:, ::-1 if backwards else 1] = dxs.reshape(features, T, N).transpose(2, 1, 0)


def _apart(dV: np.ndarray, H: int, dR: np.ndarray, db: np.ndarray | None, dW: np.ndarray) -> None:
    """The gradient of the joined matrix in its parts, gates in Keras' order."""
    first_last(dV[:H], H, out=dR)
    first_last(dV[H + 1:], H, out=dW)
    if db is not None:
        first_last(dV[H], H, out=db)


def _derive(gates: np.ndarray, bent_c: np.ndarray, slopes: np.ndarray, slope_c: np.ndarray) -> None:
    """Derivatives of sigmoid, y (1 - y), and tanh, 1 - y^2, from their outputs y."""
    H, count = bent_c.shape[1], len(gates)
    slopes, slope_c = slopes[:count], slope_c[:count]
    shut, slope = gates[:, :3 * H], slopes[:, :3 * H]
    np.subtract(1, shut, slope)
    np.multiply(slope, shut, slope)
    for y, slope in ((gates[:, 3 * H:], slopes[:, 3 * H:]), (bent_c, slope_c)):
        np.multiply(y, y, slope)
        np.subtract(1, slope, slope)


def _weigh(gates: np.ndarray, c: np.ndarray, bent_c: np.ndarray, slopes: np.ndarray, slope_c: np.ndarray) -> None:
    """Multiplies the slopes by all that is known before the walk: bent c for o, g for i, c for f, i for g, o for c."""
    H, count = bent_c.shape[1], len(gates)
    for k, factor in enumerate((bent_c, gates[:, 3 * H:], c, gates[:, H:2 * H])):
        slope = slopes[:count, k * H:(k + 1) * H]
        np.multiply(slope, factor, slope)
    np.multiply(slope_c[:count], gates[:, :H], slope_c[:count])
