"""The samples that cost a model most: mislabelled ones are often among them."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dlcli.files import replacing
from dlcli.report.class_names import shorten
from dlcli.report.figure import BLUE, MUTED, ORANGE, picture
from dlcli.report.picture_sheet import as_bytes

LISTED, DRAWN = 100, 24
_ACROSS = 8
_CELL, _IMAGE = 1.35, 0.86  # inches from one image to the next, and what of that an image takes


def largest(losses: np.ndarray, counts: np.ndarray, *, most: int = LISTED) -> np.ndarray:
    """The numbers of the samples with the largest losses, the largest first; of equal ones the first.

    losses, counts: (N,); where `counts` is False the loss passes over the sample. A loss that is no number is larger
    than any.
    """
    there = np.flatnonzero(counts)
    size = np.where(np.isnan(losses[there]), np.inf, losses[there])
    return there[np.argsort(-size, kind="stable")[:most]]


def write_csv(
    path: str | Path, rows: np.ndarray, index: np.ndarray, losses: np.ndarray,
    columns: Mapping[str, Sequence[object] | np.ndarray],
) -> None:
    """Writes one line a sample: index, row, loss, and `columns`, each with one entry a sample.

    index: (n,) numbers in the data set, from 0; rows: (n,) those in the split, as in predictions.csv. Raises OSError
    where it cannot write.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["index", "row", "loss", *columns])
        text = (f"{loss:.6g}" for loss in losses.tolist())
        writer.writerows(zip(index.tolist(), rows.tolist(), text, *columns.values(), strict=True))


def draw(
    path: str | Path,
    *,
    images: np.ndarray,
    index: np.ndarray,
    losses: np.ndarray,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    labels: Sequence[str],
) -> None:
    """A PNG of images, each with its index, its loss, its true class, and, where it is another, the predicted one.

    images: (n, H, W), (n, H, W, 1) or (n, H, W, 3) of any numbers, the range of which is stretched; the rest (n,),
    class numbers among it. Blue frames are right, orange ones wrong. Raises OSError where it cannot write.
    """
    shown = as_bytes(images, None)
    shown = shown[..., 0] if shown.shape[3:] == (1,) else shown
    colours = shown if shown.ndim == 4 else np.repeat(shown[..., None], 3, axis=-1)
    across = min(_ACROSS, len(shown))
    high = _IMAGE * _CELL * float(np.clip(shown.shape[1] / shown.shape[2], 0.5, 2))
    row = high + 0.56
    width, height = max(across * _CELL, 4.8) + 0.2, -(-len(shown) // across) * row + 0.55
    with picture(path, width=width, height=height, fixed=True) as figure:
        from matplotlib.patches import Rectangle

        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        for place, image in enumerate(colours):
            left = 0.1 + (place % across) * _CELL + (1 - _IMAGE) / 2 * _CELL
            top, wide = 0.45 + (place // across) * row + 0.2, _IMAGE * _CELL
            axes.imshow(image, extent=(left, left + wide, top + high, top), aspect="auto", interpolation="nearest")
            true, predicted = (str(labels[int(y[place])]) for y in (y_true, y_pred))
            right = y_true[place] == y_pred[place]
            colour, middle = BLUE if right else ORANGE, left + wide / 2
            axes.add_patch(Rectangle((left, top), wide, high, fill=False, edgecolor=colour, linewidth=2.5))
            text = f"✓ {shorten(true, 14)}" if right else f"✗ {shorten(predicted, 7)}, is {shorten(true, 7)}"
            axes.text(middle, top - 0.05, f"no. {index[place]}", fontsize=7.5, ha="center", va="bottom", color=MUTED)
            axes.text(
                middle, top + high + 0.04, text, fontsize=8, ha="center", va="top", color=colour, fontweight="bold",
            )
            cost = f"loss {losses[place]:.3g}"
            axes.text(middle, top + high + 0.18, cost, fontsize=7.5, ha="center", va="top", color=MUTED)
        axes.set(xlim=(0, width), ylim=(height, 0))
        title = f"The {f'{len(shown)} samples' if len(shown) > 1 else 'sample'} with the largest loss"
        axes.text(0.17, 0.25, title, fontsize=11, fontweight="bold", va="center")
