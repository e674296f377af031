"""The walk of a GRU through time and back. Arrays are time-major: (T, N, ...); columns of matrices lie as z r g."""

import numpy as np

from dlcli.kernels.choice import kernel

BLOCK = 65_536
"""Gate values a block: what backward prepares for several steps at once is still in cache when they are walked."""


@kernel
def gru_forward(
    a: np.ndarray, R: np.ndarray, b: np.ndarray, *, gates: np.ndarray, h: np.ndarray, work: np.ndarray,
    reset_after: bool, dead: np.ndarray | None = None,
) -> None:
    """Walks from h[0] to h[T] with sigmoid gates and tanh; fills `gates`: (T, 4, N, H) with z, r, g, q; overwrites a.

    `a`: (T, N, 3H) is x W + all biases, save for `b`: (H,), the recurrent bias of g, used with `reset_after`.
    In it and in `R`: (H, 3H) the columns of z and r come with their sign turned. q is what the reset gate multiplies,
    h R_g + b, or what it gives, r h, where it comes before the product. `h`: (T + 1, N, H); `work`: (N, 3H).
    `dead`: (T, N, 1) bool is True where a step is padding: it carries h over, by z = 1.
    """
    T, _, N, H = gates.shape
    a_by_gate, work_by_gate = a.reshape(T, N, 3, H).transpose(0, 2, 1, 3), work.reshape(N, 3, H).transpose(1, 0, 2)
    first, last = R[:, :2 * H], R[:, 2 * H:]
    one = np.array(1, a.dtype)
    with np.errstate(over="ignore"):  # exp may become infinite: the gate is then 0, as it should be
        for t in range(T):
            np.matmul(h[t], R if reset_after else first, work if reset_after else work[:, :2 * H])
            shut = gates[t, :2]
            np.add(a_by_gate[t, :2], work_by_gate[:2], shut)
            np.exp(shut, shut)
            np.add(shut, one, shut)
            np.divide(one, shut, shut)
            z, r, g, q = gates[t]
            if reset_after:
                np.add(work_by_gate[2], b, q)
                np.multiply(r, q, g)
            else:
                np.multiply(r, h[t], q)
                np.matmul(q, last, g)
            np.add(g, a_by_gate[t, 2], g)
            np.tanh(g, g)
            advance(h[t], z, g, out=h[t + 1], dead=None if dead is None else dead[t])


def advance(h: np.ndarray, z: np.ndarray, g: np.ndarray, *, out: np.ndarray, dead: np.ndarray | None) -> None:
    """The next state, z h + (1 - z) g; where a step is padding z becomes 1 and h stays."""
    np.subtract(h, g, out)
    np.multiply(out, z, out)
    np.add(out, g, out)
    if dead is not None:
        np.copyto(z, 1, where=dead)
        np.copyto(out, h, where=dead)


@kernel
def gru_backward(
    dy: np.ndarray, gates: np.ndarray, R: np.ndarray, *, h: np.ndarray, da: np.ndarray, slopes: np.ndarray,
    dh: np.ndarray, work: np.ndarray, reset_after: bool, dead: np.ndarray | None = None, derived: bool = False,
) -> None:
    """Walks back and fills `da`: (T, N, 4H) with the derivatives by g, z, r before their activations, and by q.

    So da[..., :3H] is what belongs to x W and, with `reset_after`, da[..., H:] what belongs to h R. `dy`: (S, N, H)
    is what reaches the last S states from outside; `R` as it is, no sign turned. `slopes`: (B, 3, N, H) is working
    memory for B steps at once; with `derived` it has all T steps and comes filled with the derivatives of the
    activations of z, r and g. `dh`: (N, H); `work`: (2, N, H). `dead` is known from z = 1 already.
    """
    T, _, N, H = gates.shape
    silent, steps = T - len(dy), len(slopes)
    da_by_gate = da.reshape(T, N, 4, H).transpose(0, 2, 1, 3)
    back, back_first, back_last = R.T, R[:, :2 * H].T, R[:, 2 * H:].T
    to_g, rest = work
    dh.fill(0)
    for stop in range(T, 0, -steps):
        start = max(0, stop - steps)
        piece, s = slice(start, stop), slopes[:stop - start]
        if not derived:
            _derive(gates[piece], s)
        _weigh(gates[piece], h[piece], s, da_by_gate[piece, 3], reset_after)
        for t in range(stop - 1, start - 1, -1):
            z, r = gates[t, :2]
            s_z, s_r, s_g = s[t - start]
            da_g, da_z, da_r, da_q = da_by_gate[t]
            if t >= silent:
                np.add(dh, dy[t - silent], dh)
            np.multiply(s_z, dh, da_z)
            np.multiply(s_g, dh, to_g)
            np.multiply(dh, z, dh)
            da_g[...] = to_g
            if reset_after:
                np.multiply(s_r, to_g, da_r)
                np.multiply(r, to_g, da_q)
                np.matmul(da[t, :, H:], back, rest)
            else:
                np.matmul(to_g, back_last, rest)
                np.multiply(s_r, rest, da_r)
                np.multiply(rest, r, rest)
                np.add(dh, rest, dh)
                np.matmul(da[t, :, H:3 * H], back_first, rest)
            np.add(dh, rest, dh)


def _derive(gates: np.ndarray, slopes: np.ndarray) -> None:
    """Derivatives of sigmoid, y (1 - y), and tanh, 1 - y^2, from their outputs y."""
    shut, slope, g, slope_g = gates[:, :2], slopes[:, :2], gates[:, 2], slopes[:, 2]
    np.subtract(1, shut, slope)
    np.multiply(slope, shut, slope)
    np.multiply(g, g, slope_g)
    np.subtract(1, slope_g, slope_g)


def _weigh(gates: np.ndarray, h: np.ndarray, slopes: np.ndarray, spare: np.ndarray, reset_after: bool) -> None:
    """Multiplies the slopes by all that is known before the walk: (h - g) for z, q or h for r, (1 - z) for g."""
    z, _, g, q = gates.transpose(1, 0, 2, 3)
    s_z, s_r, s_g = slopes.transpose(1, 0, 2, 3)
    np.subtract(h, g, spare)
    np.multiply(s_z, spare, s_z)
    np.multiply(s_r, q if reset_after else h, s_r)
    np.subtract(1, z, spare)
    np.multiply(s_g, spare, s_g)
