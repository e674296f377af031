"""The walk of a simple recurrent layer through time and back, see `recurrent`. Batches lie along the last axis here."""

import numpy as np

from dlcli.kernels.choice import kernel
from dlcli.kernels.recurrent import Bend, carved, entered


@kernel
def rnn_forward(
    x: np.ndarray, R: np.ndarray, b: np.ndarray, W: np.ndarray, *, y: np.ndarray, kept: np.ndarray, work: np.ndarray,
    backwards: bool = False, dead: np.ndarray | None = None, bends: tuple[Bend] | None = None,
) -> None:
    """Walks x: (N, T, I) from h = 0 to the last step, h = tanh(x[t] W + b + h R); the last S states: y: (N, S, H).

    `bends`: another activation. `kept`: kept_size(T, N, H, I, gates=1), with `bends` slopes=1; `work`:
    work_size(T, N, H, I, gates=1). `backwards` reads x from its end. `dead`: (T, N) bool is True where a step is
    padding, in the order of the walk: it carries h over.
    """
    (N, T, features), H = x.shape, len(R)
    K = H + 1 + features
    hx, every, slopes = carved(kept, (T + 1, K, N), (T, H, N), (T if bends else 0, H, N))
    (V,) = carved(work, (K, H))
    V[:H], V[H], V[H + 1:] = R, b, W
    entered(x, hx, H, backwards)
    h, V = hx[:, :H], V.T
    for t in range(T):
        a = every[t]
        np.matmul(V, hx[t], a)
        if bends is None:
            np.tanh(a, a)
        else:
            bends[0](a, slopes[t])
        if dead is not None:
            np.copyto(a, h[t], where=dead[t])
        h[t + 1] = a
    y[...] = h[T + 1 - y.shape[1]:].transpose(2, 0, 1)


@kernel
def rnn_backward(
    dy: np.ndarray, R: np.ndarray, W: np.ndarray, *, dR: np.ndarray, db: np.ndarray | None, dW: np.ndarray,
    dx: np.ndarray | None, kept: np.ndarray, work: np.ndarray, steps: int, backwards: bool = False,
    dead: np.ndarray | None = None, bends: tuple[Bend] | None = None,
) -> None:
    """Walks back through `steps` steps, given dy: (N, S, H) of the last S states; uses up what was kept.

    Fills the gradients of R, b and W, and `dx`: (N, steps, I) where it is wanted.
    """
    (N, S, H), features, T = dy.shape, len(W), steps
    K = H + 1 + features
    hx, every, slopes = carved(kept, (T + 1, K, N), (T, H, N), (T if bends else 0, H, N))
    dV, rows, da, dh, share, dxs = carved(
        work, (K, H), (K, T, N), (H, T, N), (H, N), (H, N), (0 if dx is None else features, T * N),
    )
    if bends is None:
        np.multiply(every, every, every)
        np.subtract(1, every, every)
    else:
        every = slopes
    if dead is not None:
        np.copyto(every, 0, where=dead[:, None])
    dh[...] = 0
    for t in range(T - 1, -1, -1):
        if t >= T - S:
            np.add(dh, dy[:, t - T + S].T, dh)
        np.multiply(every[t], dh, every[t])
        if not t:
            break
        if dead is None:
            np.matmul(R, every[t], dh)
        else:
            np.matmul(R, every[t], share)
            np.add(share, dh, out=share, where=dead[t])
            dh, share = share, dh
    rows[...], da[...] = hx[:T].transpose(1, 0, 2), every.transpose(1, 0, 2)
    da = da.reshape(H, T * N)
    np.matmul(rows.reshape(K, T * N), da.T, dV)
    dR[...], dW[...] = dV[:H], dV[H + 1:]
    if db is not None:
        db[...] = dV[H]
    if dx is not None:
        np.matmul(W, da, dxs)
        dx[:, ::-1 if backwards else 1] = dxs.reshape(features, T, N).transpose(2, 1, 0)
