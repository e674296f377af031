"""Image files as arrays of the shape that a model is trained on."""

import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from dlcli.core.target import DataSpec, Picture
from dlcli.errors import DataError

ODD_SIZE = "it has"
"""How the reason begins where an image is whole, but of another size."""
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_WORDS = {"L": "gray", "LA": "gray with transparency", "RGB": "colour", "RGBA": "colour with transparency"}
_FILTERS = {
    "nearest": Image.Resampling.NEAREST, "area": Image.Resampling.BOX, "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS,
}
_DAMAGES = (  # what Pillow raises for files that are damaged, or of a format that it does not know
    UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError, struct.error,
    zlib.error, IndexError, TypeError, OverflowError,
)


class UndecodableError(Exception):
    """An image cannot be decoded; the message says why."""


def read_image(path: Path, spec: DataSpec, note: Callable[[str, str], None]) -> np.ndarray:
    """The image as `spec.input_shape`, (H, W) or (H, W, C), 0 to 255.

    An image of other colours is converted, one of another size where `spec.picture` says how, and `note(kind, text)`
    told. Raises DataError where it does not decode, or has another size.
    """
    height, width, *rest = spec.input_shape
    wanted = _MODES[rest[0] if rest else 1]
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            found, size = image.mode, _size(image)
            if size != (width, height) and spec.picture is None:
                raise DataError(
                    f"the model takes images of {width} x {height} pixels (width x height); found "
                    f"{size[0]} x {size[1]}",
                    where=str(path), hint=f"resize it to {width} x {height}, as the training images were made",
                )
            pixels = _pixels(image, spec.input_shape, spec.picture)
    except _DAMAGES as error:
        raise DataError(
            f"cannot be decoded as an image: {_reason(error)}", where=str(path),
            hint="open it in a viewer; give a PNG or JPEG file, or .npy, .npz, CSV, JSONL by those names",
        ) from error
    if size != (width, height):
        note("size", f"{path}: this image has {size[0]} x {size[1]} pixels; it was brought to {width} x {height} as "
                     "the images of the training were, as are others like it")
    if found != wanted and (spec.picture is None or found not in ("1", "L", "P", "RGB")):
        note(
            f"{found} to {wanted}",
            f"{path}: the model takes {_WORDS[wanted]} images; this one ({found}) was converted, as are others like it",
        )
    return pixels


def decode(file: IO[bytes], shape: tuple[int, ...], picture: Picture | None) -> np.ndarray:
    """The image in a file as `shape`, (H, W) or (H, W, C), 0 to 255; upright, as its camera says.

    Without `picture` it must have that size. Raises UndecodableError.
    """
    try:
        with Image.open(file) as image:
            width, height = _size(image)
            if picture is None and (height, width) != shape[:2]:
                raise UndecodableError(f"{ODD_SIZE} {width} x {height} pixels; expected {shape[1]} x {shape[0]}")
            return _pixels(image, shape, picture)
    except _DAMAGES as error:
        raise UndecodableError(_reason(error)) from error


def size_of(file: IO[bytes]) -> tuple[int, int]:
    """(height, width) of an image, upright, from its header. Raises UndecodableError."""
    try:
        with Image.open(file) as image:
            width, height = _size(image)
            return height, width
    except _DAMAGES as error:
        raise UndecodableError(_reason(error)) from error


def _size(image: Image.Image) -> tuple[int, int]:
    """(width, height) of the upright image."""
    lies_on_a_side = image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
    return (image.height, image.width) if lies_on_a_side else image.size


def _pixels(image: Image.Image, shape: tuple[int, ...], picture: Picture | None) -> np.ndarray:
    height, width, *rest = shape
    mode = _MODES[rest[0] if rest else 1]
    if picture is not None and mode in ("L", "RGB"):
        side = 2 * max(height, width)
        image.draft(mode, (side, side))  # of a large JPEG only as many pixels are made as are needed
    ImageOps.exif_transpose(image, in_place=True)
    converted = _converted(image, mode)
    if picture is not None and converted.size != (width, height):
        chosen = _FILTERS[picture.interpolation]
        if picture.fit == "stretch":
            converted = converted.resize((width, height), chosen)
        else:
            brought = ImageOps.fit if picture.fit == "crop" else ImageOps.pad
            converted = brought(converted, (width, height), chosen)
    return np.asarray(converted).reshape(shape)


def _converted(image: Image.Image, mode: str) -> Image.Image:
    if image.mode == mode:
        return image
    if image.mode.startswith("I"):
        # 16 bits a pixel, which Pillow would cut off at 255 instead of scaling.
        image = Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    elif image.mode == "P":
        image = image.convert("RGBA")
    return image.convert(mode)


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "it is in no known format"
    return (str(error) or type(error).__name__).splitlines()[0]
