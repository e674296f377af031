"""Pictures side by side on one sheet, pixel for pixel."""

from pathlib import Path

import numpy as np

from dlcli.files import replacing

Bounds = tuple[float, float] | None
"""The values of black and of white; None: the smallest and the largest on the sheet."""

_EDGE = 56  # pixels that a picture takes at least, on its longer side
_GAP = 2


def is_picture(shape: tuple[int, ...]) -> bool:
    """Whether samples of `shape` can be drawn: (H, W), (H, W, 1) or (H, W, 3)."""
    return len(shape) == 2 or (len(shape) == 3 and shape[-1] in (1, 3))


def as_bytes(images: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Pixels from 0 to 255, uint8, of images: (N, ...) whose values lie within `bounds`."""
    low, high = bounds or (float(images.min()), float(images.max()))
    scaled = (images.astype(np.float64) - low) * (255 / max(high - low, 1e-12))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def draw(path: Path, images: np.ndarray, *, across: int = 8) -> None:
    """A PNG of images: (N, H, W), (N, H, W, 1) or (N, H, W, 3) bytes, in rows of `across`, small ones enlarged."""
    from PIL import Image

    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    across = min(across, len(images))
    factor = max(1, -(-_EDGE // max(images.shape[1:3])))
    large = images.repeat(factor, axis=1).repeat(factor, axis=2)
    height, width = large.shape[1] + _GAP, large.shape[2] + _GAP
    down = -(-len(large) // across)
    sheet = np.full((down * height + _GAP, across * width + _GAP, *large.shape[3:]), 128, np.uint8)
    for number, image in enumerate(large):
        top, left = _GAP + number // across * height, _GAP + number % across * width
        sheet[top:top + image.shape[0], left:left + image.shape[1]] = image
    with replacing(path) as temporary:
        Image.fromarray(sheet).save(temporary, format="png")
