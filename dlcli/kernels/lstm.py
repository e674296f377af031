"""The walk of an LSTM through time and back. Arrays are time-major: (T, N, ...).

What goes through a matrix product has its gates side by side, (T, N, 4 H) in Keras' order i f g o. Gates as such are
kept one after the other, (T, 4, N, H) in the order i f o g, so that the many small passes run over contiguous memory.
"""

import numpy as np

from dlcli.kernels.choice import kernel

BLOCK = 65_536
"""Gate values a block: what backward prepares for several steps at once is still in cache when they are walked."""


@kernel
def lstm_forward(
    a: np.ndarray, R: np.ndarray, *, gates: np.ndarray, h: np.ndarray, c: np.ndarray, tanh_c: np.ndarray,
    work: np.ndarray, dead: np.ndarray | None = None,
) -> None:
    """Walks from h[0], c[0] to h[T], c[T] with sigmoid gates and tanh, and fills `gates`; overwrites a.

    `a`: (T, N, 4H) is x W + b. In it and in `R`: (H, 4H) the columns of i, f and o come with their sign turned, as
    sigmoid(z) = 1 / (1 + exp(-z)) wants it. `h`, `c`: (T + 1, N, H); `tanh_c`: (T, N, H); `work`: (N, 4H).
    `dead`: (T, N, 1) bool is True where a step is padding: it carries h and c over, by gates i = 0, f = 1, o = 0.
    """
    T, N, H = tanh_c.shape
    a_by_gate = a.reshape(T, N, 4, H).transpose(0, 2, 1, 3)
    one = np.array(1, a.dtype)
    with np.errstate(over="ignore"):  # exp may become infinite: the gate is then 0, as it should be
        for t in range(T):
            sums, shut, bent, c_next = a[t], gates[t, :3], tanh_c[t], c[t + 1]
            np.matmul(h[t], R, work)
            np.add(sums, work, sums)
            by_gate = a_by_gate[t]
            np.exp(by_gate[:2], shut[:2])
            np.exp(by_gate[3], shut[2])
            np.add(shut, one, shut)
            np.divide(one, shut, shut)
            i, f, o, g = gates[t]
            np.tanh(by_gate[2], g)
            if dead is not None:
                close(i, f, o, dead[t])
            np.multiply(f, c[t], c_next)
            np.multiply(i, g, bent)
            np.add(c_next, bent, c_next)
            np.tanh(c_next, bent)
            np.multiply(o, bent, h[t + 1])
            if dead is not None:
                np.copyto(h[t + 1], h[t], where=dead[t])


def close(i: np.ndarray, f: np.ndarray, o: np.ndarray, dead: np.ndarray) -> None:
    """Sets the gates so that nothing enters, nothing is forgotten and nothing leaves where a step is padding."""
    np.copyto(i, 0, where=dead)
    np.copyto(f, 1, where=dead)
    np.copyto(o, 0, where=dead)


@kernel
def lstm_backward(
    dy: np.ndarray, gates: np.ndarray, R: np.ndarray, *, c: np.ndarray, tanh_c: np.ndarray, da: np.ndarray,
    slopes: np.ndarray, slope_c: np.ndarray, dh: np.ndarray, dc: np.ndarray, work: np.ndarray,
    dead: np.ndarray | None = None, derived: bool = False,
) -> None:
    """Walks back and fills `da`: (T, N, 4H), the derivative with respect to x W + b + h R.

    `dy`: (S, N, H) is what reaches the last S states from outside; `R` as it is, no sign turned. `slopes`:
    (B, 4, N, H) and `slope_c`: (B, N, H) are working memory for B steps at once; with `derived` they have all T steps
    and come filled with the derivatives of the activations, those of tanh(c) in the latter. `dh`, `dc`, `work`: (N, H).
    """
    T, N, H = tanh_c.shape
    silent, steps, back = T - len(dy), len(slopes), R.T
    da_by_gate = da.reshape(T, N, 4, H).transpose(0, 2, 1, 3)
    dh.fill(0)
    dc.fill(0)
    for stop in range(T, 0, -steps):
        start = max(0, stop - steps)
        piece, s, s_c = slice(start, stop), slopes[:stop - start], slope_c[:stop - start]
        if not derived:
            _derive(gates[piece], tanh_c[piece], s, s_c)
        i, f, o, g = gates[piece].transpose(1, 0, 2, 3)
        for k, factor in enumerate((g, c[piece], tanh_c[piece], i)):
            np.multiply(s[:, k], factor, s[:, k])
        np.multiply(s_c, o, s_c)
        for t in range(stop - 1, start - 1, -1):
            to_i, to_f, to_o, to_g = s[t - start]
            da_i, da_f, da_g, da_o = da_by_gate[t]
            if t >= silent:
                np.add(dh, dy[t - silent], dh)
            np.multiply(dh, s_c[t - start], work)
            np.add(dc, work, dc)
            np.multiply(to_i, dc, da_i)
            np.multiply(to_f, dc, da_f)
            np.multiply(to_g, dc, da_g)
            np.multiply(to_o, dh, da_o)
            np.multiply(dc, f[t - start], dc)
            if dead is None:
                np.matmul(da[t], back, dh)
            else:
                np.matmul(da[t], back, work)
                np.add(work, dh, out=work, where=dead[t])
                np.copyto(dh, work)


def _derive(gates: np.ndarray, tanh_c: np.ndarray, slopes: np.ndarray, slope_c: np.ndarray) -> None:
    """Derivatives of sigmoid, y (1 - y), and tanh, 1 - y^2, from their outputs y."""
    shut, slope = gates[:, :3], slopes[:, :3]
    np.subtract(1, shut, slope)
    np.multiply(slope, shut, slope)
    for y, slope in ((gates[:, 3], slopes[:, 3]), (tanh_c, slope_c)):
        np.multiply(y, y, slope)
        np.subtract(1, slope, slope)
