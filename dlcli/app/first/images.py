"""A first configuration for images in folders, one folder a class."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dlcli.app.first.draft import Draft, relative, softmax
from dlcli.data.picture_files import Folder, parts
from dlcli.errors import DataError

SUFFIXES = (".zip",)
_LOOK = 200  # images, spread over all of them
_LARGEST = 96  # pixels of a side, where the data does not need less
_POOLED = 8  # pixels of a side, from which a layer halves it
_STEPS = 2000


def draft(data: Path, path: Path) -> Draft:
    """Convolutions that halve the image until it is small. Raises DataError for folders without images."""
    folder = Folder(data)
    labels, found = parts(folder, None)
    files = found["train"].files
    sizes, gray = _look(folder, files[::max(1, len(files) // _LOOK)])
    block: dict[str, Any] = {"type": "image_folder", "path": relative(data, path)}
    if len(set(sizes)) == 1 and max(sizes[0]) <= _LARGEST:
        height, width = sizes[0]
    else:
        height, width = (int(np.clip(8 * round(np.median(side) / 8), 8, _LARGEST)) for side in zip(*sizes, strict=True))
        block["image_size"] = [height, width]
    if gray:
        block["color"] = "gray"
    if "test" not in found:
        block |= {"stratify": True, "test_split": 0.2} if _shared(found) else {"test_split": 0.2}
    if "validation" not in found:
        block["validation_split"] = 0.2
    block["preprocessing"] = [{"type": "rescale", "scale": "1/255"}]
    layers: list[tuple[str, str]] = []
    side = min(height, width)
    for filters in (16, 32, 64):
        layers.append((f"{{type: conv2d, filters: {filters}, kernel_size: 3, padding: same, activation: relu}}", ""))
        if side < _POOLED:
            break
        layers.append(("{type: max_pooling2d, pool_size: 2}", ""))
        side //= 2
    rows = len(files)
    epochs = int(np.clip(round(_STEPS * 32 / rows), 5, 60))
    return Draft(
        title=f"{data.name}: {rows:,} images of {len(labels)} classes.",
        dataset=block,
        layers=[
            *layers, ("flatten", "maps become one row of numbers"),
            ("{type: dense, units: 64, activation: relu}", ""), softmax(len(labels)),
        ],
        loss="categorical_crossentropy", metrics=["accuracy"], monitor="val_accuracy", epochs=epochs,
        patience=max(3, epochs // 4), then=[("dlcli predict latest some.png", "what is on it?")],
    )


def _look(folder: Folder, files: tuple[str, ...]) -> tuple[list[tuple[int, int]], bool]:
    """((height, width) of some images, whether all of them are gray). Raises DataError where none can be read."""
    sizes, modes = [], set()
    for name in files:
        try:
            with Image.open(io.BytesIO(folder.read(name))) as image:
                sizes.append((image.height, image.width))
                modes.add(image.mode)
        except (OSError, ValueError):  # the data set says what is wrong with it, and what can be done
            continue
    if not sizes:
        raise DataError("none of the images can be read", where=str(folder.path), hint="look at them with a viewer")
    return sizes, modes <= {"1", "L", "I;16", "I"}


def _shared(found: Any) -> bool:
    """Whether each class has enough images for every split to have its share."""
    return int(np.bincount(found["train"].labels).min()) >= 10
