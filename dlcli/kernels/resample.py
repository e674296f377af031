"""Images whose pixels move: whole rows and columns elsewhere, or turned and scaled; a whole batch at once.

Pixels that come from outside of an image are found by `fill_mode`: `constant` (one value), `nearest` (those of the
edge), `reflect` (d c b a | a b c d | d c b a), `wrap` (a b c d | a b c d | a b c d).
"""

from typing import Literal

import numpy as np

from dlcli.core.memory import Memory

FillMode = Literal["constant", "nearest", "reflect", "wrap"]
Interpolation = Literal["nearest", "bilinear"]


def shift(
    x: np.ndarray, down: np.ndarray, right: np.ndarray, *, fill_mode: FillMode, fill_value: float, memory: Memory,
) -> None:
    """Moves each of the images x: (N, H, W, C) in place by whole pixels, down: (N,) and right: (N,), floating point."""
    N, H, W, _ = x.shape
    rows = _moved("rows", np.rint(down, out=down), (N, H), memory)
    columns = _moved("columns", np.rint(right, out=right), (N, W), memory)
    outside = None
    if fill_mode == "constant":
        outside = memory.empty("outside", (N, H, W), bool)
        np.logical_or(_beyond("row", rows, H, memory)[:, :, None], _beyond("column", columns, W, memory)[:, None, :],
                      out=outside)
    _into(rows, H, fill_mode, memory)
    _into(columns, W, fill_mode, memory)
    y = memory.empty("y", (N, H, W))
    np.add(np.multiply(rows, W, out=rows)[:, :, None], columns[:, None, :], out=y)
    taken = _pixels(x, _places(y, memory), memory, "taken")
    np.copyto(x, taken)
    if outside is not None:
        np.copyto(x, fill_value, where=outside[..., None])


def affine(
    x: np.ndarray, matrix: np.ndarray, *, fill_mode: FillMode, fill_value: float, interpolation: Interpolation,
    memory: Memory,
) -> None:
    """Changes each of the images x: (N, H, W, C) in place by its own matrix: (N, 2, 2), around the middle of the image.

    The pixel that comes to (row, column), both counted from the middle, is the one at matrix (row, column)^T.
    """
    N, H, W, _ = x.shape
    same = memory.empty("matrix", matrix.shape)
    np.copyto(same, matrix, casting="same_kind")
    matrix = same[:, :, :, None, None]
    down = (np.arange(H) - (H - 1) / 2).astype(x.dtype)[:, None]
    right = (np.arange(W) - (W - 1) / 2).astype(x.dtype)
    rows, columns = memory.empty("y", (N, H, W)), memory.empty("x", (N, H, W))
    for place, (a, size) in enumerate(((rows, H), (columns, W))):
        np.multiply(matrix[:, place, 0], down, out=a)
        a += np.multiply(matrix[:, place, 1], right, out=memory.empty("part", (N, 1, W)))
        a += (size - 1) / 2
    outside = None
    if fill_mode == "constant":
        outside = np.logical_or(
            _beyond("row", rows, H, memory, margin=0.5), _beyond("column", columns, W, memory, margin=0.5),
            out=memory.empty("outside", (N, H, W), bool),
        )
    _into(rows, H, fill_mode, memory)
    _into(columns, W, fill_mode, memory)
    taken = _nearest(x, rows, columns, memory) if interpolation == "nearest" else \
        _between(x, rows, columns, memory, wrap=fill_mode == "wrap")
    np.copyto(x, taken)
    if outside is not None:
        np.copyto(x, fill_value, where=outside[..., None])


def _moved(name: str, by: np.ndarray, shape: tuple[int, int], memory: Memory) -> np.ndarray:
    """The row, or column, from which each one comes: (N, size)."""
    return np.subtract(np.arange(shape[1])[None], by[:, None], out=memory.empty(name, shape), casting="same_kind")


def _beyond(name: str, at: np.ndarray, size: int, memory: Memory, *, margin: float = 0.0) -> np.ndarray:
    """Where a place lies outside of the image."""
    below = np.less(at, -margin, out=memory.empty(f"{name} below", at.shape, bool))
    above = np.greater(at, size - 1 + margin, out=memory.empty(f"{name} above", at.shape, bool))
    return np.logical_or(below, above, out=below)


def _into(at: np.ndarray, size: int, fill_mode: FillMode, memory: Memory) -> None:
    """Brings places, in place, to where the pixel that stands for them lies: from 0 to size - 1, or half beyond."""
    if fill_mode in ("reflect", "wrap"):
        period = size * (2 if fill_mode == "reflect" else 1)
        half = memory.empty("periods", at.shape)
        at += 0.5
        np.floor(np.divide(at, period, out=half), out=half)
        half *= period
        at -= half
        if fill_mode == "reflect":  # from 0 to size and back
            at -= size
            np.abs(at, out=at)
            np.subtract(size, at, out=at)
        at -= 0.5
    if fill_mode != "wrap":
        np.clip(at, 0, size - 1, out=at)


def _nearest(x: np.ndarray, rows: np.ndarray, columns: np.ndarray, memory: Memory) -> np.ndarray:
    H, W = x.shape[1:3]
    for at, size in ((rows, H), (columns, W)):
        np.rint(at, out=at)
        np.copyto(at, 0, where=np.equal(at, size, out=memory.empty("end", at.shape, bool)))  # as wrap has it
        np.maximum(at, 0, out=at)
    rows *= W
    rows += columns
    return _pixels(x, _places(rows, memory), memory, "taken")


def _between(
    x: np.ndarray, rows: np.ndarray, columns: np.ndarray, memory: Memory, *, wrap: bool,
) -> np.ndarray:
    """The four pixels around each place, each by how near it is."""
    H, W = x.shape[1:3]
    low_row = np.floor(rows, out=memory.empty("low y", rows.shape))
    low_column = np.floor(columns, out=memory.empty("low x", columns.shape))
    rows -= low_row  # now the share of the next pixel
    columns -= low_column
    weight, place = memory.empty("weight", rows.shape), memory.empty("place", rows.shape)
    total = memory.empty("total", x.shape)
    total.fill(0)
    for next_row in (False, True):
        for next_column in (False, True):
            np.copyto(place, _edge(low_row, next_row, H, wrap, memory))
            place *= W
            place += _edge(low_column, next_column, W, wrap, memory)
            taken = _pixels(x, _places(place, memory), memory, "taken")
            np.copyto(weight, rows) if next_row else np.subtract(1, rows, out=weight)
            share = memory.empty("share", rows.shape)
            weight *= columns if next_column else np.subtract(1, columns, out=share)
            taken *= weight[..., None]
            total += taken
    return total


def _edge(low: np.ndarray, following: bool, size: int, wrap: bool, memory: Memory) -> np.ndarray:
    """The lower pixel, or the one after it, where the image ends in its own edge or begins anew."""
    at = np.add(low, int(following), out=memory.empty("edge", low.shape))
    if wrap:
        np.copyto(at, size - 1, where=np.less(at, 0, out=memory.empty("end", at.shape, bool)))
        np.copyto(at, 0, where=np.equal(at, size, out=memory.empty("end", at.shape, bool)))
        return at
    return np.clip(at, 0, size - 1, out=at)


def _places(within: np.ndarray, memory: Memory) -> np.ndarray:
    """Where in a list of all pixels of all images each one lies: (N, H, W) integers, of row W + column in an image."""
    N, H, W = within.shape
    places = memory.empty("places", within.shape, np.intp)
    np.copyto(places, within, casting="unsafe")
    places += np.arange(0, N * H * W, H * W)[:, None, None]
    return places


def _pixels(x: np.ndarray, places: np.ndarray, memory: Memory, name: str) -> np.ndarray:
    N, H, W, C = x.shape
    out = memory.empty(name, x.shape)
    x.reshape(N * H * W, C).take(places.reshape(-1), 0, out.reshape(N * H * W, C), "clip")
    return out
