"""Rows times a matrix, plus a bias, and the way back: what a dense layer does, and attention before and behind."""

import numpy as np

from dlcli.kernels.choice import kernel

PANEL = 32
"""Most columns of weights that compiled loops lay side by side before they multiply by them."""


def linear_size(shape: tuple[int, ...]) -> int:
    """Numbers of working memory that both kernels need for a W of that shape, (K, N)."""
    return PANEL * max(shape)


@kernel
def linear(x: np.ndarray, W: np.ndarray, b: np.ndarray | None, *, out: np.ndarray, work: np.ndarray) -> np.ndarray:
    """x W + b into `out`: (M, N), for x: (M, K), W: (K, N) and maybe b: (N,).

    `work`: `linear_size(W.shape)` numbers.
    """
    np.matmul(x, W, out=out)
    if b is not None:
        np.add(out, b, out)
    return out


@kernel
def linear_gradient(
    x: np.ndarray, W: np.ndarray, dy: np.ndarray, *, dW: np.ndarray, db: np.ndarray | None, dx: np.ndarray | None,
    work: np.ndarray,
) -> None:
    """dW = x^T dy, and where they are wanted db = sum of dy: (M, N) over its rows, and dx = dy W^T: (M, K).

    What is written is contiguous.
    """
    np.matmul(x.T, dy, out=dW)
    if db is not None:
        np.add.reduce(dy, axis=0, out=db)
    if dx is not None:
        np.matmul(dy, W.T, out=dx)
