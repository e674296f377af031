"""Rows brought to mean 0 and variance 1, scaled and shifted, and the way back: layer normalization in one call each.

Sums along rows are products with a column, which BLAS does faster than NumPy adds up short rows.
"""

import numpy as np

from dlcli.kernels.choice import kernel
from dlcli.kernels.normalization import block_of, blocks


def work_shape(R: int, K: int) -> tuple[int, int]:
    """Shape of the working memory of both kernels, for R rows of K numbers."""
    return block_of((R, K)) + 2, K


@kernel
def normalize_rows(
    x: np.ndarray, gamma: np.ndarray | None, beta: np.ndarray | None, *, out: np.ndarray, rows: np.ndarray,
    inverse: np.ndarray, work: np.ndarray, epsilon: float, center: bool = True,
) -> np.ndarray:
    """rows * gamma + beta into `out`, with rows = (x - mean) * inverse, inverse = 1 / sqrt(variance + epsilon).

    x, `out` and `rows`: (R, K), `inverse`: (R, 1), gamma and beta: (K,); without `center` the mean stays, and the mean
    square is the variance. `rows` and `inverse` are kept for the way back; `out` may be `rows` where there is neither
    gamma nor beta.
    """
    R, K = x.shape
    share = work[-1].reshape(K, 1)
    share.fill(1 / K)
    for cut in blocks(R, K):
        row, y, scale = x[cut], rows[cut], inverse[cut]
        if center:
            row = np.subtract(row, np.matmul(row, share, out=scale), out=y)
        np.vecdot(row, row, out=scale[:, 0])
        scale *= 1 / K
        scale += epsilon
        np.sqrt(scale, out=scale)
        np.reciprocal(scale, out=scale)
        np.multiply(row, scale, out=y)
        if gamma is not None:
            y = np.multiply(y, gamma, out=out[cut])
        if beta is not None:
            np.add(y, beta, out=out[cut])
    return out


@kernel
def normalize_rows_gradient(
    dy: np.ndarray, rows: np.ndarray, inverse: np.ndarray, gamma: np.ndarray | None, *, out: np.ndarray | None,
    dgamma: np.ndarray | None, dbeta: np.ndarray | None, work: np.ndarray, means: np.ndarray, center: bool = True,
) -> None:
    """dgamma = sum of dy rows and dbeta = sum of dy, both (K,), where they are wanted, and dx into `out`, likewise.

    dx = inverse (d - mean(d) - rows mean(d rows)) with d = dy gamma. `means`: (2, R, 1) is working memory, too.
    """
    R, K = dy.shape
    share, total = work[-1].reshape(K, 1), work[-2]
    if gamma is None:
        share.fill(1 / K)
    else:
        np.multiply(gamma, 1 / K, out=work[-1])
    for sums in (dgamma, dbeta):
        if sums is not None:
            sums.fill(0)
    for cut in blocks(R, K):
        d, y, part = dy[cut], rows[cut], work[:cut.stop - cut.start]
        np.multiply(d, y, out=part)
        for sums, terms in ((dgamma, part), (dbeta, d)):
            if sums is not None:
                sums += np.add.reduce(terms, axis=0, out=total)
        if out is None:
            continue
        np.multiply(y, np.matmul(part, share, out=means[1, cut]), out=part)
        if center:
            part += np.matmul(d, share, out=means[0, cut])
        dx = out[cut]
        np.subtract(d if gamma is None else np.multiply(d, gamma, out=dx), part, out=dx)
        dx *= inverse[cut]
