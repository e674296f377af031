"""The softmax of logits and the cross-entropy of labels with it, together."""

import numpy as np

from dlcli.kernels.choice import kernel
from dlcli.kernels.softmax import softmax


@kernel
def categorical_crossentropy(
    z: np.ndarray, label_at: np.ndarray, *, p: np.ndarray, losses: np.ndarray, peak: np.ndarray, total: np.ndarray,
    picked: np.ndarray, columns: np.ndarray | None = None,
) -> None:
    """p = softmax(z) and losses = log(total) - (z at the label - peak), for z: (M, K).

    `label_at`: (M,) is where in all of z each row's label lies; `p`, `peak`, `total` and `columns` are those of
    `softmax`; `picked`: (M,) is working memory.
    """
    softmax(z, out=p, peak=peak, total=total, columns=columns)
    np.log(total, out=losses)
    z.take(label_at, out=picked, mode="clip")
    picked -= peak
    losses -= picked


@kernel
def categorical_crossentropy_gradient(
    p: np.ndarray, label_at: np.ndarray, *, scale: float | np.ndarray, out: np.ndarray, picked: np.ndarray,
) -> None:
    """scale (p - 1 at the label) into `out`: (N, M / N K), for p: (M, K); `scale` is a number or a column (N, 1)."""
    np.multiply(p.reshape(out.shape), scale, out=out)
    flat = out.reshape(-1)
    flat.take(label_at, out=picked, mode="clip")
    rows = picked.reshape(len(out), -1)
    rows -= scale
    flat[label_at] = picked
