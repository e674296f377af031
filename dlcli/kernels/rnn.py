"""The walk of a simple recurrent layer through time and back. Arrays are time-major: (T, N, H)."""

import numpy as np


def rnn_forward(
    a: np.ndarray, R: np.ndarray, *, h: np.ndarray, work: np.ndarray, dead: np.ndarray | None = None,
) -> None:
    """h[t + 1] = tanh(a[t] + h[t] R) for `a`: (T, N, H), which is x W + b; `h`: (T + 1, N, H), `work`: (N, H).

    `dead`: (T, N, 1) bool is True where a step is padding: it carries h over.
    """
    for t in range(len(a)):
        np.matmul(h[t], R, work)
        np.add(a[t], work, work)
        np.tanh(work, h[t + 1])
        if dead is not None:
            np.copyto(h[t + 1], h[t], where=dead[t])


def rnn_backward(
    dy: np.ndarray, R: np.ndarray, *, h: np.ndarray, da: np.ndarray, dh: np.ndarray, work: np.ndarray,
    dead: np.ndarray | None = None, derived: bool = False,
) -> None:
    """Walks back and fills `da`: (T, N, H), the derivative with respect to a + h R.

    `dy`: (S, N, H) is what reaches the last S states from outside. With `derived`, `da` comes filled with the
    derivatives of the activation; otherwise they are made here from the outputs of tanh. `dh`, `work`: (N, H).
    """
    T, silent, back = len(da), len(da) - len(dy), R.T
    if not derived:
        np.multiply(h[1:], h[1:], da)
        np.subtract(1, da, da)
    if dead is not None:
        np.copyto(da, 0, where=dead)
    dh.fill(0)
    for t in range(T - 1, -1, -1):
        if t >= silent:
            np.add(dh, dy[t - silent], dh)
        np.multiply(da[t], dh, da[t])
        np.matmul(da[t], back, work)
        if dead is not None:
            np.add(work, dh, out=work, where=dead[t])
        np.copyto(dh, work)
