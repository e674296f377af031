"""A sheet of images with what the model says of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlcli.core.transform import Samples
from dlcli.errors import DataError
from dlcli.report.class_names import shorten
from dlcli.report.figure import BLUE, INK, MUTED, ORANGE, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 40
_ACROSS = 8


def draw(
    path: str | Path,
    images: Samples,
    y_true: np.ndarray,
    y_pred: np.ndarray | None,
    labels: Sequence[str],
    confidence: np.ndarray | None = None,
) -> None:
    """A PNG with up to 40 images, mistakes first, the most confident mistake before all others.

    images: (N, H, W), (N, H, W, 1) or (N, H, W, 3), uint8 or floating point (outside of [0, 1], the range
    of the shown images is stretched); y_true, y_pred: (N,) class numbers; confidence: (N,) probability of
    y_pred. Without `y_pred` it shows the first images with their labels. Raises DataError for other
    shapes and without images, OSError where it cannot write.
    """
    _check(images, y_true, y_pred, confidence)
    count = images.shape[0]
    order = np.arange(count)
    if y_pred is not None:
        sure = np.zeros(count) if confidence is None else np.nan_to_num(confidence)
        wrong = np.flatnonzero(y_true != y_pred)
        order = np.concatenate([wrong[np.argsort(-sure[wrong], kind="stable")], np.flatnonzero(y_true == y_pred)])
    order = order[:_MOST]
    shown = _displayable(np.asarray(images[order]))
    across = min(_ACROSS, len(order))
    down = -(-len(order) // across)
    aspect = float(np.clip(shown.shape[1] / shown.shape[2], 0.5, 2))
    width = max(across * 1.35, 4.8)
    height = down * (width / across * aspect + 0.35) + 0.6
    with picture(path, width=width, height=height) as figure:
        grid = figure.subplots(down, across, squeeze=False).ravel()
        for axes in grid[len(order) :]:
            axes.set_visible(False)
        for axes, image, i in zip(grid, shown, order.tolist(), strict=False):
            axes.imshow(image, cmap="gray", vmin=0, vmax=1)
            axes.set_xticks([])
            axes.set_yticks([])
            sure_of = None if confidence is None else float(confidence[i])
            true = str(labels[int(y_true[i])])
            predicted = None if y_pred is None else str(labels[int(y_pred[i])])
            _caption(axes, true, predicted, sure_of)
        title = f"{len(order)} of {count:,} samples"
        if y_pred is not None:
            title = f"{len(wrong):,} of {count:,} wrong" + (f"; {title}, mistakes first" if len(order) < count else "")
        figure.suptitle(title, x=0.1 / width, ha="left", fontsize=11)


def _caption(axes: "Axes", true: str, predicted: str | None, confidence: float | None) -> None:
    right = predicted == true
    colour = INK if predicted is None else BLUE if right else ORANGE
    axes.spines[:].set_color("#CBD2D9" if predicted is None else colour)
    axes.spines[:].set_linewidth(1 if predicted is None else 2.5)
    text = shorten(true if predicted is None else predicted, 11)
    if predicted is not None:
        text = f"{'✓' if right else '✗'} {text}"
    if confidence is not None and predicted is not None and np.isfinite(confidence):
        # 100 % is said of certainty only.
        text += f" · {min(99, round(100 * confidence)) if confidence < 1 else 100}%"
    axes.set_title(text, fontsize=8, loc="center", color=colour, pad=4)
    if predicted is not None and not right:
        axes.set_xlabel(f"true: {shorten(true, 14)}", fontsize=7.5, color=MUTED, labelpad=3)


def _displayable(images: np.ndarray) -> np.ndarray:
    """The images with values from 0 to 1; (N, H, W, 1) becomes (N, H, W)."""
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.dtype == np.uint8:
        return images / np.float32(255)
    values = np.nan_to_num(images.astype(np.float64))
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 1:
        return values
    return (values - low) / max(high - low, 1e-12)


def _check(
    images: Samples, y_true: np.ndarray, y_pred: np.ndarray | None, confidence: np.ndarray | None
) -> None:
    axes = len(images.shape)
    if not (axes == 3 or (axes == 4 and images.shape[-1] in (1, 3))) or not all(images.shape):
        raise DataError(
            f"expected images as (N, H, W), (N, H, W, 1) or (N, H, W, 3), found {images.shape}",
            where="samples",
            hint="only data sets whose samples are images have a picture",
        )
    for name, values in (("y_true", y_true), ("y_pred", y_pred), ("confidence", confidence)):
        if values is not None and values.shape != (images.shape[0],):
            raise DataError(
                f"expected shape ({images.shape[0]},), one entry for each image, found {values.shape}",
                where=f"samples, {name}",
                hint="pass class numbers and the probability of the predicted class",
            )
