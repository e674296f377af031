"""Images as text."""

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

_RAMP = " ░▒▓█"
_MOST = 32
"""Columns of an image; a larger one is drawn smaller."""


def gallery(images: np.ndarray, captions: Sequence[str], width: int) -> str:
    """Images side by side, as many in a row as fit in `width`, each below its caption.

    images: (N, H, W) or (N, H, W, C). A character is one pixel wide and two high, as characters are.
    """
    drawn = [_drawn(image) for image in _grey(images)]
    across = max(1, (width + 2) // (len(drawn[0][0]) + 2)) if drawn else 1
    lines: list[str] = []
    for start in range(0, len(drawn), across):
        row, names = drawn[start:start + across], captions[start:start + across]
        columns = [[name[:len(image[0])].ljust(len(image[0])), *image] for name, image in zip(names, row, strict=True)]
        lines += ["  ".join(parts).rstrip() for parts in zip_longest(*columns)] + [""]
    return "\n".join(lines)


def _grey(images: np.ndarray) -> np.ndarray:
    """(N, H, W) from 0 to 1."""
    grey = images.astype(np.float64)
    if grey.ndim == 4:
        grey = grey.mean(axis=-1)
    low, high = (0.0, 255.0) if images.dtype == np.uint8 else (float(grey.min()), float(grey.max()))
    return (grey - low) / max(high - low, 1e-12)


def _drawn(image: np.ndarray) -> list[str]:
    H, W = image.shape
    columns = min(W, _MOST) if W >= _MOST // 2 else W * max(1, _MOST // 2 // W)
    rows = max(1, round(columns * H / W / 2))
    cells = np.array([
        [image[_span(r, rows, H), _span(c, columns, W)].mean() for c in range(columns)] for r in range(rows)
    ])
    shades = np.clip((cells * len(_RAMP)).astype(int), 0, len(_RAMP) - 1)
    return ["".join(_RAMP[shade] for shade in line) for line in shades]


def _span(number: int, count: int, extent: int) -> slice:
    """The pixels that part `number` of `count` covers, at least one."""
    start = number * extent // count
    return slice(start, max(start + 1, (number + 1) * extent // count))
