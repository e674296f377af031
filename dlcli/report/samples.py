"""A sheet of images with what the model says of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcli.core.transform import Samples
from dlcli.errors import DataError
from dlcli.report.class_names import shorten
from dlcli.report.figure import BLUE, INK, MUTED, ORANGE, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST, _MOST_MISTAKES = 24, 16
_ACROSS = 8
_IMAGE = 0.86  # of the width of a cell


def draw(
    path: str | Path,
    images: Samples,
    y_true: np.ndarray,
    y_pred: np.ndarray | None,
    labels: Sequence[str],
    confidence: np.ndarray | None = None,
) -> None:
    """A PNG with up to 24 images: at most 16 mistakes, the most confident first, then some that are right,
    from all over the split, since samples may lie in the order of their classes.

    images: (N, H, W), (N, H, W, 1) or (N, H, W, 3), uint8 or floating point (outside of [0, 1], the range
    of the shown images is stretched); y_true, y_pred: (N,) class numbers; confidence: (N,) probability of
    y_pred. Without `y_pred` it shows the first images with their labels. Raises DataError for other
    shapes and without images, OSError where it cannot write.
    """
    draw_chosen(path, labels=labels, **choose(images, y_true, y_pred, confidence))


def choose(
    images: Samples, y_true: np.ndarray, y_pred: np.ndarray | None, confidence: np.ndarray | None = None,
) -> dict[str, Any]:
    """Arguments of `draw_chosen` for the images that `draw` shows: few, however many there are."""
    _check(images, y_true, y_pred, confidence)
    count = images.shape[0]
    order, wrong = np.arange(count), None
    if y_pred is not None:
        sure = np.zeros(count) if confidence is None else np.nan_to_num(confidence)
        mistakes = np.flatnonzero(y_true != y_pred)
        wrong = len(mistakes)
        surest = mistakes[np.argsort(-sure[mistakes], kind="stable")]
        right = np.flatnonzero(y_true == y_pred)
        shown = surest[:max(_MOST_MISTAKES, _MOST - len(right))]
        order = np.concatenate([shown, right[_spread(len(right), _MOST - len(shown))]])
    order = order[:_MOST]
    return {
        "images": np.asarray(images[order]), "y_true": y_true[order],
        "y_pred": None if y_pred is None else y_pred[order],
        "confidence": None if confidence is None else confidence[order],
        "count": count, "wrong": wrong,
    }


def _spread(count: int, most: int) -> np.ndarray:
    """At most so many places, as far from each other as they can be."""
    return np.arange(count) if count <= most else (np.arange(most) * (count / most)).astype(np.intp)


def draw_chosen(
    path: str | Path,
    *,
    images: np.ndarray,
    y_true: np.ndarray,
    y_pred: np.ndarray | None,
    labels: Sequence[str],
    confidence: np.ndarray | None,
    count: int,
    wrong: int | None,
) -> None:
    """A PNG of all these images, chosen out of `count`, `wrong` of which were taken for another class."""
    shown = _bytes(_displayable(images))
    across = min(_ACROSS, len(shown))
    down = -(-len(shown) // across)
    cell = 1.35  # inches from one image to the next
    aspect = float(np.clip(shown.shape[1] / shown.shape[2], 0.5, 2))
    row = _IMAGE * cell * aspect + 0.42
    width, height = max(across * cell, 4.8) + 0.2, down * row + 0.55
    with picture(path, width=width, height=height, fixed=True) as figure:
        # One frame of coordinates in inches for all images: frames of their own take ten times as long.
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        for place, image in enumerate(shown):
            left = 0.1 + (place % across) * cell + (1 - _IMAGE) / 2 * cell
            top = 0.45 + (place // across) * row + 0.22
            box = (left, left + _IMAGE * cell, top + _IMAGE * cell * aspect, top)
            axes.imshow(image, extent=box, aspect="auto", interpolation="nearest")
            sure_of = None if confidence is None else float(confidence[place])
            predicted = None if y_pred is None else str(labels[int(y_pred[place])])
            _caption(axes, box, str(labels[int(y_true[place])]), predicted, sure_of)
        axes.set(xlim=(0, width), ylim=(height, 0))
        title = f"{len(shown)} of {count:,} samples"
        if wrong is not None:
            title = f"{wrong:,} of {count:,} wrong" + (f"; {title}, mistakes first" if len(shown) < count else "")
        axes.text(0.17, 0.25, title, fontsize=11, fontweight="bold", va="center")


def _caption(
    axes: "Axes", box: tuple[float, float, float, float], true: str, predicted: str | None, confidence: float | None,
) -> None:
    """Frames the image that lies in `box` (left, right, bottom, top) and says what it was taken for."""
    from matplotlib.patches import Rectangle

    left, right_edge, bottom, top = box
    right = predicted == true
    colour = INK if predicted is None else BLUE if right else ORANGE
    axes.add_patch(Rectangle(
        (left, top), right_edge - left, bottom - top, fill=False,
        edgecolor="#CBD2D9" if predicted is None else colour, linewidth=1 if predicted is None else 2.5,
    ))
    text = shorten(true if predicted is None else predicted, 11)
    if predicted is not None:
        text = f"{'✓' if right else '✗'} {text}"
    if confidence is not None and predicted is not None and np.isfinite(confidence):
        # 100 % is said of certainty only.
        text += f" · {min(99, round(100 * confidence)) if confidence < 1 else 100}%"
    middle = (left + right_edge) / 2
    axes.text(middle, top - 0.05, text, fontsize=8, ha="center", va="bottom", color=colour, fontweight="bold")
    if predicted is not None and not right:
        axes.text(middle, bottom + 0.04, f"true: {shorten(true, 14)}", fontsize=7.5, ha="center", va="top", color=MUTED)


def _bytes(images: np.ndarray) -> np.ndarray:
    """Red, green and blue as bytes: (N, H, W, 3), which are drawn without a scale of colours to look up."""
    colours = images if images.ndim == 4 else np.repeat(images[..., None], 3, axis=-1)
    return np.round(colours * 255).astype(np.uint8)


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
