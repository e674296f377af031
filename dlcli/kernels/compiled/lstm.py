"""The walk of an LSTM: a product of matrices and one pass over all gates a step."""

from typing import cast

import numpy as np

from dlcli.kernels.choice import Kernel
from dlcli.kernels.compiled._functions import exp, tanh
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.lstm import lstm_backward as twin


def lstm_forward(
    a: np.ndarray, R: np.ndarray, *, gates: np.ndarray, h: np.ndarray, c: np.ndarray, tanh_c: np.ndarray,
    work: np.ndarray, dead: np.ndarray | None = None,
) -> None:
    """As its twin."""
    for t in range(len(a)):
        np.matmul(h[t], R, work)
        _step(a[t], work, gates[t], h[t], h[t + 1], c[t], c[t + 1], tanh_c[t], None if dead is None else dead[t])


def lstm_backward(
    dy: np.ndarray, gates: np.ndarray, R: np.ndarray, *, c: np.ndarray, tanh_c: np.ndarray, da: np.ndarray,
    slopes: np.ndarray, slope_c: np.ndarray, dh: np.ndarray, dc: np.ndarray, work: np.ndarray,
    dead: np.ndarray | None = None, derived: bool = False,
) -> None:
    """As its twin; needs `slopes` and `slope_c` where `derived` alone."""
    if derived:
        cast(Kernel, twin).plain(
            dy, gates, R, c=c, tanh_c=tanh_c, da=da, slopes=slopes, slope_c=slope_c, dh=dh, dc=dc, work=work, dead=dead,
            derived=True,
        )
        return
    T, silent, back = len(tanh_c), len(tanh_c) - len(dy), R.T
    dh.fill(0)
    dc.fill(0)
    for t in range(T - 1, -1, -1):
        _step_back(None if t < silent else dy[t - silent], gates[t], c[t], tanh_c[t], da[t], dh, dc)
        if dead is None:
            np.matmul(da[t], back, dh)
        else:
            np.matmul(da[t], back, work)
            np.add(work, dh, out=work, where=dead[t])
            np.copyto(dh, work)


@jit()
def _step(a, work, gates, h, h_next, c, c_next, tanh_c, dead):
    N, H = h.shape
    one, nothing = a.dtype.type(1), a.dtype.type(0)
    for n in range(N):
        if dead is not None:
            if dead[n, 0]:
                for j in range(H):
                    gates[0, n, j] = gates[2, n, j] = tanh_c[n, j] = nothing
                    gates[1, n, j] = one
                    gates[3, n, j] = nothing
                    c_next[n, j] = c[n, j]
                    h_next[n, j] = h[n, j]
                continue
        for j in range(H):
            i = one / (one + exp(a[n, j] + work[n, j]))
            f = one / (one + exp(a[n, H + j] + work[n, H + j]))
            g = tanh(a[n, 2 * H + j] + work[n, 2 * H + j])
            o = one / (one + exp(a[n, 3 * H + j] + work[n, 3 * H + j]))
            cell = f * c[n, j] + i * g
            bent = tanh(cell)
            gates[0, n, j], gates[1, n, j], gates[2, n, j], gates[3, n, j] = i, f, o, g
            c_next[n, j], tanh_c[n, j], h_next[n, j] = cell, bent, o * bent


@jit()
def _step_back(dy, gates, c, tanh_c, da, dh, dc):
    N, H = dh.shape
    one = dh.dtype.type(1)
    for n in range(N):
        if dy is not None:
            for j in range(H):
                dh[n, j] += dy[n, j]
        for j in range(H):
            i, f, o, g = gates[0, n, j], gates[1, n, j], gates[2, n, j], gates[3, n, j]
            bent, d = tanh_c[n, j], dh[n, j]
            e = dc[n, j] + d * o * (one - bent * bent)
            da[n, j] = e * g * i * (one - i)
            da[n, H + j] = e * c[n, j] * f * (one - f)
            da[n, 2 * H + j] = e * i * (one - g * g)
            da[n, 3 * H + j] = d * bent * o * (one - o)
            dc[n, j] = e * f
