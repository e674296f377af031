"""Numbers brought to mean 0 and variance 1: along rows, or channel by channel over a whole batch.

Everything goes block by block, so that the several passes over a block find it in cache.
"""

from collections.abc import Iterator
from math import prod

import numpy as np

from dlcli.kernels.choice import kernel

BLOCK = 262_144
"""Numbers a block; smaller blocks gain less in cache than they cost in calls."""


def blocks(rows: int, numbers: int) -> Iterator[slice]:
    """Cuts of so many rows of so many numbers each."""
    step = max(1, BLOCK // max(numbers, 1))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


@kernel
def standardize(x: np.ndarray, *, out: np.ndarray, inverse: np.ndarray, epsilon: float) -> np.ndarray:
    """(x - mean) / sqrt(variance + epsilon) along each row of x: (R, K) into `out`.

    `inverse`: (R, 1) is filled with 1 / sqrt(variance + epsilon).
    """
    R, K = x.shape
    for cut in blocks(R, K):
        row, y, scale = x[cut], out[cut], inverse[cut]
        np.add.reduce(row, axis=1, keepdims=True, out=scale)
        np.multiply(scale, 1 / K, out=scale)
        row = np.subtract(row, scale, out=y)
        np.vecdot(row, row, out=scale[:, 0])
        np.multiply(scale, 1 / K, out=scale)
        np.add(scale, epsilon, out=scale)
        np.sqrt(scale, out=scale)
        np.reciprocal(scale, out=scale)
        np.multiply(row, scale, out=y)
    return out


@kernel
def standardize_gradient(
    dy: np.ndarray, y: np.ndarray, inverse: np.ndarray, *, out: np.ndarray, work: np.ndarray, means: np.ndarray,
) -> np.ndarray:
    """dx = inverse (dy - mean(dy) - y mean(dy y)) along each row; y and `inverse` are what `standardize` gave.

    `work`: (n, K) for a block of n rows; `means`: (2, R, 1). `out` may be `dy`.
    """
    R, K = dy.shape
    for cut in blocks(R, K):
        d, dx, part = dy[cut], out[cut], work[:cut.stop - cut.start]
        mean, along = means[0, cut], means[1, cut]
        np.vecdot(d, y[cut], out=along[:, 0])
        np.multiply(along, 1 / K, out=along)
        np.multiply(y[cut], along, out=part)
        np.add.reduce(d, axis=1, keepdims=True, out=mean)
        np.multiply(mean, 1 / K, out=mean)
        np.add(part, mean, out=part)
        np.subtract(d, part, out=dx)
        np.multiply(dx, inverse[cut], out=dx)
    return out


@kernel
def scale_rows(x: np.ndarray, scale: np.ndarray, shift: np.ndarray | None, *, out: np.ndarray) -> np.ndarray:
    """x * scale + shift for x: (A, B, C) and a scale and a shift of shape (B, C) or (C,), into `out`."""
    for cut in blocks(len(x), x[0].size):
        y = np.multiply(x[cut], scale, out=out[cut])
        if shift is not None:
            np.add(y, shift, out=y)
    return out


@kernel
def scale_rows_gradient(
    dy: np.ndarray, x: np.ndarray, *, dscale: np.ndarray | None, dshift: np.ndarray | None, work: np.ndarray,
) -> None:
    """dscale = sum of dy x and dshift = sum of dy over the rows of dy and x: (R, K); `work`: (R, K)."""
    if dshift is not None:
        np.add.reduce(dy, axis=0, out=dshift)
    if dscale is not None:
        np.add.reduce(np.multiply(dy, x, out=work), axis=0, out=dscale)


@kernel
def combine_rows(
    x: np.ndarray, a: np.ndarray, y: np.ndarray, b: np.ndarray, c: np.ndarray, *, out: np.ndarray, work: np.ndarray,
) -> np.ndarray:
    """x * a + y * b + c for x and y: (A, B, C) and the others of shape (B, C), into `out`; `work`: (n, B, C)."""
    for cut in blocks(len(x), x[0].size):
        part, z = work[:cut.stop - cut.start], out[cut]
        np.multiply(y[cut], b, out=part)
        np.multiply(x[cut], a, out=z)
        np.add(z, part, out=z)
        np.add(z, c, out=z)
    return out


@kernel
def channel_sums(x: np.ndarray, *, out: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Sum of x: (A, B, C) over all but channels into `out`: (C,) float64; `row`: (B, C) is working memory.

    A block is added up in the numbers' own type, the blocks in float64.
    """
    out.fill(0)
    for cut in blocks(len(x), x[0].size):
        np.add(out, _block_sum(x[cut], row), out=out)
    return out


@kernel
def channel_products(
    x: np.ndarray, mean: np.ndarray, y: np.ndarray | None, *, out: np.ndarray, row: np.ndarray, work: np.ndarray,
) -> np.ndarray:
    """Sum of (x - mean) y, or of (x - mean)^2 without y, over all but channels into `out`: (C,) float64.

    `mean` and `row`: (B, C); `work`: (n, B, C) for a block of n.
    """
    out.fill(0)
    for cut in blocks(len(x), x[0].size):
        part = np.subtract(x[cut], mean, out=work[:cut.stop - cut.start])
        np.multiply(part, part if y is None else y[cut], out=part)
        np.add(out, _block_sum(part, row), out=out)
    return out


def _block_sum(x: np.ndarray, row: np.ndarray) -> np.ndarray:
    np.add.reduce(x, axis=0, out=row)  # long runs first
    total: np.ndarray = np.add.reduce(row, axis=0, out=row[0])
    return total


def block_of(shape: tuple[int, ...]) -> int:
    """Rows in one block of an array of that shape."""
    return min(shape[0], max(1, BLOCK // max(prod(shape[1:]), 1)))
