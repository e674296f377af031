"""Images above what an autoencoder makes of them."""

from pathlib import Path

import numpy as np

from dlcli.errors import DataError
from dlcli.report.figure import picture

MOST = 12
_CELL = 0.9  # inches


def draw(path: str | Path, images: np.ndarray, outputs: np.ndarray) -> None:
    """A PNG: the first images in one row, the outputs for them below.

    images, outputs: (N, H, W), (N, H, W, 1) or (N, H, W, 3), numbers of any range: black to white is that of the
    images shown. Raises DataError for other shapes, OSError where it cannot write.
    """
    coloured = images.ndim == 4 and images.shape[3] in (1, 3)
    if images.shape != outputs.shape or not (images.ndim == 3 or coloured):
        raise DataError(
            f"expected images and outputs of one shape, (N, H, W) or (N, H, W, 1 or 3); found {images.shape} and "
            f"{outputs.shape}", where="reconstructions", hint="only data sets whose samples are images have a picture",
        )
    rows = [np.asarray(a[:MOST], np.float64) for a in (images, outputs)]
    low, high = rows[0].min(), rows[0].max()
    count = len(rows[0])
    with picture(path, width=_CELL * count + 0.2, height=2 * _CELL + 0.2) as figure:
        axes = figure.subplots(2, count, squeeze=False)
        for line, row in zip(axes, rows, strict=True):
            for frame, image in zip(line, np.clip((row - low) / ((high - low) or 1.0), 0, 1), strict=True):
                frame.set_axis_off()
                frame.imshow(image[..., 0] if image.shape[2:] == (1,) else image, cmap="gray", vmin=0, vmax=1)
