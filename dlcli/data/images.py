"""Image files as arrays of the shape that a model was trained on."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from dlcli.core.target import DataSpec
from dlcli.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm")
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_WORDS = {"L": "gray", "LA": "gray with transparency", "RGB": "colour", "RGBA": "colour with transparency"}


def read_image(path: Path, spec: DataSpec, note: Callable[[str, str], None]) -> np.ndarray:
    """The image as `spec.input_shape`, (H, W) or (H, W, C), 0 to 255.

    An image of other colours is converted, and `note(kind, text)` told. Raises DataError where it does not
    decode, or has another size.
    """
    height, width, *rest = spec.input_shape
    mode = _MODES[rest[0] if rest else 1]
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            if image.size != (width, height):
                raise DataError(
                    f"the model takes images of {width} x {height} pixels (width x height); found "
                    f"{image.size[0]} x {image.size[1]}",
                    where=str(path), hint=f"resize it to {width} x {height}, as the training images were made",
                )
            pixels = _converted(image, mode, path, note)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        reason = "it is in no known format" if isinstance(error, UnidentifiedImageError) else str(error)
        raise DataError(
            f"cannot be decoded as an image: {reason}", where=str(path),
            hint="open it in a viewer; give a PNG or JPEG file, or .npy, .npz, CSV, JSONL by those names",
        ) from error
    return pixels.reshape(spec.input_shape)


def _converted(image: Image.Image, mode: str, path: Path, note: Callable[[str, str], None]) -> np.ndarray:
    found = image.mode
    if found == mode:
        return np.asarray(image)
    if found.startswith("I"):
        # 16 bits a pixel, which Pillow would cut off at 255 instead of scaling.
        image = Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    elif found == "P":
        image = image.convert("RGBA")
    note(
        f"{found} to {mode}",
        f"{path}: the model takes {_WORDS[mode]} images; this one ({found}) was converted, as are others like it",
    )
    return np.asarray(image.convert(mode))
