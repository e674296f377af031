"""The walk of a GRU: products of matrices and one or two passes over all gates a step."""

from typing import cast

import numpy as np

from dlcli.kernels.choice import Kernel
from dlcli.kernels.compiled._functions import exp, tanh
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.gru import gru_backward as twin


def gru_forward(
    a: np.ndarray, R: np.ndarray, b: np.ndarray, *, gates: np.ndarray, h: np.ndarray, work: np.ndarray,
    reset_after: bool, dead: np.ndarray | None = None,
) -> None:
    """As its twin."""
    T, _, N, H = gates.shape
    first, last, whole = R[:, :2 * H], R[:, 2 * H:], work.reshape(N, 3 * H)
    for t in range(T):
        still = None if dead is None else dead[t]
        if reset_after:
            np.matmul(h[t], R, out=whole)
            _step_after(a[t], whole, b, gates[t], h[t], h[t + 1], still)
        else:
            np.matmul(h[t], first, out=whole[:, :2 * H])
            _open(a[t], whole, gates[t], h[t])
            np.matmul(gates[t, 3], last, out=gates[t, 2])
            _step_before(a[t], gates[t], h[t], h[t + 1], still)


def gru_backward(
    dy: np.ndarray, gates: np.ndarray, R: np.ndarray, *, h: np.ndarray, da: np.ndarray, slopes: np.ndarray,
    dh: np.ndarray, work: np.ndarray, reset_after: bool, dead: np.ndarray | None = None, derived: bool = False,
) -> None:
    """As its twin; needs `slopes` where `derived`, or without `reset_after`."""
    if derived or not reset_after:
        cast(Kernel, twin).plain(
            dy, gates, R, h=h, da=da, slopes=slopes, dh=dh, work=work, reset_after=reset_after, dead=dead,
            derived=derived,
        )
        return
    T, H = len(gates), gates.shape[3]
    silent, back, rest = T - len(dy), R.T, work[1]
    dh.fill(0)
    rest.fill(0)
    for t in range(T - 1, -1, -1):
        _step_back(None if t < silent else dy[t - silent], gates[t], h[t], da[t], dh, rest)
        np.matmul(da[t, :, H:], back, rest)
    # What the first state would get is read by nobody.


@jit()
def _step_after(a, work, b, gates, h, h_next, dead):
    N, H = h.shape
    one = a.dtype.type(1)
    for n in range(N):
        for j in range(H):
            z = one / (one + exp(a[n, j] + work[n, j]))
            r = one / (one + exp(a[n, H + j] + work[n, H + j]))
            q = work[n, 2 * H + j] + b[j]
            g = tanh(a[n, 2 * H + j] + r * q)
            gates[0, n, j], gates[1, n, j], gates[2, n, j], gates[3, n, j] = z, r, g, q
            h_next[n, j] = z * (h[n, j] - g) + g
        if dead is not None:
            if dead[n, 0]:
                for j in range(H):
                    gates[0, n, j], h_next[n, j] = one, h[n, j]


@jit()
def _open(a, work, gates, h):
    N, H = h.shape
    one = a.dtype.type(1)
    for n in range(N):
        for j in range(H):
            gates[0, n, j] = one / (one + exp(a[n, j] + work[n, j]))
            r = one / (one + exp(a[n, H + j] + work[n, H + j]))
            gates[1, n, j], gates[3, n, j] = r, r * h[n, j]


@jit()
def _step_before(a, gates, h, h_next, dead):
    N, H = h.shape
    one = a.dtype.type(1)
    for n in range(N):
        for j in range(H):
            z, g = gates[0, n, j], tanh(gates[2, n, j] + a[n, 2 * H + j])
            gates[2, n, j], h_next[n, j] = g, z * (h[n, j] - g) + g
        if dead is not None:
            if dead[n, 0]:
                for j in range(H):
                    gates[0, n, j], h_next[n, j] = one, h[n, j]


@jit()
def _step_back(dy, gates, h, da, dh, rest):
    N, H = dh.shape
    one = dh.dtype.type(1)
    for n in range(N):
        if dy is not None:
            for j in range(H):
                dh[n, j] += dy[n, j]
        for j in range(H):
            z, r, g, q = gates[0, n, j], gates[1, n, j], gates[2, n, j], gates[3, n, j]
            d = dh[n, j] + rest[n, j]
            to_g = d * (one - z) * (one - g * g)
            da[n, j] = to_g
            da[n, H + j] = d * (h[n, j] - g) * z * (one - z)
            da[n, 2 * H + j] = to_g * q * r * (one - r)
            da[n, 3 * H + j] = to_g * r
            dh[n, j] = d * z
