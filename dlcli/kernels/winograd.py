"""Convolution with windows of 3 x 3, side by side, with fewer multiplications: Winograd's F(2 x 2, 3 x 3).

Four outputs, a tile of 2 x 2, come from 4 x 4 pixels d with 16 multiplications a channel and filter, where windows one
by one take 36: y = A^T [(G W G^T) * (B^T d B)] A, with

    B^T = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 -1 0 1],  G = [1 0 0; .5 .5 .5; .5 -.5 .5; 0 0 1],  A^T = [1 1 1 0; 0 1 -1 1].

For each of the 16 places the products over channels are one product of matrices over all tiles: M = V U of V = B^T d B
with U = G W G^T. The derivatives use the same three transforms the other way round: dM = A dy A^T, dU = V^T dM,
dV = dM U^T, dx = B dV B^T, dW = G^T dU G. Where the largest of 2 x 2 outputs is wanted, a tile is one window of that.

A micro-batch of images lies in working memory with its even columns apart from its odd ones: so tiles of a row meet
long runs of numbers.
Source: Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from dlcli.kernels.im2col import Window, cuts

BLOCK = 1_048_576
"""Numbers of V and M together that are in work at a time. With much less short calls cost more than the third cache
does, and lanes wait for each other between them; with twice as much two lanes have no room beside each other in it."""


def fits(window: Window, C: int, F: int) -> bool:
    """Whether it works for that window, and pays."""
    return (
        window.size == (3, 3) and window.strides == window.dilation == (1, 1)
        and C % 8 == F % 8 == 0 and min(C, F) >= 16
    )


def grid(OH: int, OW: int, pool: bool) -> tuple[int, int]:
    """Rows and columns of tiles over so many outputs; with `pool` only whole tiles."""
    return (OH // 2, OW // 2) if pool else ((OH + 1) // 2, (OW + 1) // 2)


class Tiles(NamedTuple):
    """Tiles of images x: (N, H, W, C): `rows` by `columns` of them; n images are in work at a time."""

    n: int
    rows: int
    columns: int
    C: int
    F: int

    @classmethod
    def of(cls, shape: tuple[int, ...], F: int, window: Window, pool: bool) -> "Tiles":
        """Over x of that shape; with `pool` only whole tiles."""
        OH, OW = window.positions(shape)
        rows, columns = grid(OH, OW, pool)
        n = next(cuts(shape[0], 16 * rows * columns * (shape[3] + F), BLOCK)).stop
        return cls(n, rows, columns, shape[3], F)

    @property
    def image(self) -> tuple[int, ...]:
        """Of the pixels in work: even and odd columns, images, rows, columns, channels."""
        return (2, self.n, 2 * self.rows + 2, self.columns + 1, self.C)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of working memory: U and half of it, pixels, rows of tiles, V, M."""
        count = self.n * self.rows * self.columns
        row = 2 * self.n * (self.columns + 1) * self.C
        return (
            28 * self.C * self.F, row * (2 * self.rows + 2), row * 4 * self.rows, 16 * count * self.C,
            16 * count * self.F,
        )


def forward_size(tiles: Tiles) -> int:
    """Working memory of `forward`."""
    return sum(tiles.sizes)


def forward(
    x: np.ndarray, W: np.ndarray, tiles: Tiles, *, work: np.ndarray, window: Window,
) -> Iterator[tuple[slice, np.ndarray]]:
    """A micro-batch at a time: which images, and (2, 2, tiles, F): the four outputs of each tile, without the bias."""
    U, pixels, rows, V, M = _pieces(work, tiles.sizes)
    u = _kernel_in(W, U)
    for cut in cuts(len(x), 1, tiles.n):
        part = tiles._replace(n=cut.stop - cut.start)
        v = _tiles_in(x[cut], part, pixels, rows, V, window)
        m = M[:part.sizes[4]].reshape(4, 4, -1, part.F)
        np.matmul(v, u, out=m.reshape(16, -1, part.F))
        for z in (m, m.swapaxes(0, 1)[:, ::3]):  # along rows, then along columns; results lie where the ends were
            np.add(z[0], z[1], z[0])
            np.add(z[0], z[2], z[0])
            np.add(z[3], z[1], z[3])
            np.subtract(z[3], z[2], z[3])
        yield cut, m[::3, ::3]


def backward_size(tiles: Tiles) -> int:
    """Working memory of `Backward`."""
    return sum(tiles.sizes) + 32 * tiles.C * tiles.F


class Backward:
    """The way back."""

    def __init__(
        self, x: np.ndarray, W: np.ndarray, tiles: Tiles, *, dx: np.ndarray | None, work: np.ndarray, window: Window,
    ) -> None:
        self._x, self._tiles, self._dx, self._window = x, tiles, dx, window
        size = 16 * tiles.C * tiles.F
        self._U, self._pixels, self._rows, self._V, self._M, self._dU, self._part = _pieces(
            work, (*tiles.sizes, size, size),
        )
        self._dU.fill(0)
        self._turned = _kernel_in(W, self._U).swapaxes(1, 2) if dx is not None else W

    def cuts(self) -> Iterator[tuple[slice, np.ndarray]]:
        """A micro-batch at a time: which images, and (2, 2, tiles, F), where their dy is to be written."""
        C, F = self._tiles.C, self._tiles.F
        for cut in cuts(len(self._x), 1, self._tiles.n):
            part = self._tiles._replace(n=cut.stop - cut.start)
            m = self._M[:part.sizes[4]].reshape(4, 4, -1, F)
            yield cut, m[::3, ::3]
            for z in (m[:, ::3], m.swapaxes(0, 1)):
                np.add(z[0], z[3], z[1])
                np.subtract(z[0], z[3], z[2])
            v = _tiles_in(self._x[cut], part, self._pixels, self._rows, self._V, self._window)
            flat = m.reshape(16, -1, F)
            np.matmul(v.swapaxes(1, 2), flat, out=self._part.reshape(16, C, F))
            np.add(self._dU, self._part, self._dU)
            if self._dx is not None:
                np.matmul(flat, self._turned, out=v)
                _tiles_back(v, self._dx[cut], part, self._pixels, self._rows, self._window)

    def kernel(self, dW: np.ndarray) -> None:
        """dW = G^T dU G, once all micro-batches are done."""
        u = self._dU.reshape(4, 4, *dW.shape[2:])
        even = self._part[:self._part.size // 4].reshape(4, *dW.shape[2:])
        for z in (u, u.swapaxes(0, 1)[:, :3]):
            half = even[:z.shape[1]]
            np.add(z[1], z[2], half)
            np.multiply(half, 0.5, half)
            np.subtract(z[1], z[2], z[1])
            np.multiply(z[1], 0.5, z[1])
            np.add(z[0], half, z[0])
            np.add(z[3], half, z[2])
        np.copyto(dW, u[:3, :3])


def _pieces(work: np.ndarray, sizes: tuple[int, ...]) -> list[np.ndarray]:
    ends = list(accumulate(sizes))
    return [work[end - size:end] for size, end in zip(sizes, ends, strict=True)]


def _kernel_in(W: np.ndarray, U: np.ndarray) -> np.ndarray:
    """U = G W G^T: (16, C, F)."""
    C, F = W.shape[2:]
    u, rows = U[:16 * C * F].reshape(4, 4, C, F), U[16 * C * F:].reshape(4, 3, C, F)
    for g, z in ((W, rows), (rows.swapaxes(0, 1), u.swapaxes(0, 1))):
        np.copyto(z[0], g[0])
        np.copyto(z[3], g[2])
        np.add(g[0], g[2], z[1])
        np.subtract(z[1], g[1], z[2])
        np.add(z[1], g[1], z[1])
        np.multiply(z[1:3], 0.5, z[1:3])
    return u.reshape(16, C, F)


def _tiles_in(
    x: np.ndarray, tiles: Tiles, pixels: np.ndarray, rows: np.ndarray, V: np.ndarray, window: Window,
) -> np.ndarray:
    """V = B^T d B: (16, tiles, C)."""
    p, r, v = _shaped(tiles, pixels, rows, V)
    for part, (to, source, whole) in zip(p, _meetings(x.shape, tiles, window), strict=True):
        if not whole:
            part.fill(0)
        np.copyto(part[to], x[source])
    for d, z in ((_four_rows(p), r), (_four_columns(r), v.swapaxes(0, 1))):
        np.subtract(d[0], d[2], z[0])
        np.add(d[1], d[2], z[1])
        np.subtract(d[2], d[1], z[2])
        np.subtract(d[3], d[1], z[3])
    return v.reshape(16, -1, tiles.C)


def _tiles_back(
    V: np.ndarray, dx: np.ndarray, tiles: Tiles, pixels: np.ndarray, rows: np.ndarray, window: Window,
) -> None:
    """dx = B V B^T, added up where tiles overlap."""
    p, r, v = _shaped(tiles, pixels, rows, V)
    r[:, :, :, :, -1] = 0
    p[:, :, -2:] = 0
    for z, d in ((v.swapaxes(0, 1), _four_columns(r)), (r, _four_rows(p))):
        np.copyto(d[0], z[0])  # d[2] lies one behind d[0], and d[3] behind d[1]
        np.subtract(z[1], z[2], d[1])
        np.subtract(d[1], z[3], d[1])
        np.add(d[2], z[1], d[2])
        np.add(d[2], z[2], d[2])
        np.subtract(d[2], z[0], d[2])
        np.add(d[3], z[3], d[3])
    _, _, height, width, _ = tiles.image
    if height < dx.shape[1] + window.before[0] or 2 * width < dx.shape[2] + window.before[1]:
        dx.fill(0)  # tiles do not reach everywhere
    for part, (source, to, _) in zip(p, _meetings(dx.shape, tiles, window), strict=True):
        np.copyto(dx[to], part[source])


def _shaped(tiles: Tiles, pixels: np.ndarray, rows: np.ndarray, V: np.ndarray) -> tuple[np.ndarray, ...]:
    """Pixels: `tiles.image`; rows of tiles: (4, 2, n, rows, columns + 1, C); V: (4, 4, n, rows, columns, C)."""
    n, height, width, C, _ = tiles
    _, p, r, v, _ = tiles.sizes
    return (
        pixels[:p].reshape(tiles.image), rows[:r].reshape(4, 2, n, height, width + 1, C),
        V.reshape(-1)[:v].reshape(4, 4, n, height, width, C),
    )


def _four_rows(p: np.ndarray) -> list[np.ndarray]:
    """The four rows of pixels of each tile."""
    return [p[:, :, i:p.shape[2] - 2 + i:2] for i in range(4)]


def _four_columns(r: np.ndarray) -> list[np.ndarray]:
    """The four columns of each tile."""
    even, odd = r[:, 0], r[:, 1]
    return [even[..., :-1, :], odd[..., :-1, :], even[..., 1:, :], odd[..., 1:, :]]


def _meetings(
    shape: tuple[int, ...], tiles: Tiles, window: Window,
) -> list[tuple[tuple[slice, ...], tuple[slice, ...], bool]]:
    """For even and odd columns: where pixels in work and those of images meet, and whether they do so everywhere."""
    (top, left), (H, W) = window.before, shape[1:3]
    height, width = tiles.image[2:4]
    down = min(H, height - top)
    found: list[tuple[tuple[slice, ...], tuple[slice, ...], bool]] = []
    for parity in (0, 1):
        offset = parity - left
        first = max(0, -(offset // 2))
        last = max(first, min(width, (W - 1 - offset) // 2 + 1))
        start = 2 * first + offset
        to = (slice(None), slice(top, top + down), slice(first, last))
        source = (slice(None), slice(0, down), slice(start, start + 2 * (last - first), 2))
        found.append((to, source, (top, down, first, last) == (0, height, 0, width)))
    return found
