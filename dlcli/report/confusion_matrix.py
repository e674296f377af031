"""The confusion matrix: counted, written as CSV, drawn."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlcli.errors import DataError
from dlcli.files import replacing
from dlcli.report.class_names import check_labels, shorten
from dlcli.report.figure import INK, colour_bar, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_MOST_NUMBERED = 30
"""Classes beyond which cells are too small for a number."""


def confusion_matrix(y_true: np.ndarray, y_pred: np.ndarray, classes: int) -> np.ndarray:
    """How often class i (row) was taken for class j (column).

    y_true, y_pred: integers from 0 to classes - 1, of one shape -> (K, K) int64.
    Raises DataError for other shapes, types and values.
    """
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.shape != y_pred.shape:
        raise DataError(
            f"expected one prediction for each label, found {y_pred.shape} predictions for {y_true.shape} labels",
            where="confusion matrix",
            hint="pass class numbers, not probabilities or one-hot rows",
        )
    for name, y in (("y_true", y_true), ("y_pred", y_pred)):
        if not y.size:
            continue
        if y.dtype.kind not in "iub" or y.min() < 0 or y.max() >= classes:
            found = f"{y.dtype} from {y.min()} to {y.max()}"
            raise DataError(
                f"expected integers from 0 to {classes - 1}, found {found}",
                where=f"confusion matrix, {name}",
                hint="number the classes from 0 in the order of the labels",
            )
    cells = y_true.astype(np.int64).ravel() * classes + y_pred.astype(np.int64).ravel()
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes).astype(np.int64, copy=False)


def write_csv(path: str | Path, matrix: np.ndarray, labels: Sequence[str]) -> None:
    """Writes the counts with a head of predicted and a first column of true class names.

    matrix: (K, K). Raises DataError unless there are K labels, OSError where it cannot write.
    """
    check_labels(labels, len(matrix))
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["true\\predicted", *labels])
        writer.writerows([label, *row] for label, row in zip(labels, matrix.tolist(), strict=True))


def draw(path: str | Path, matrix: np.ndarray, labels: Sequence[str]) -> None:
    """A PNG: counts in cells; blue the share of a true class that was found, orange where the rest went.

    matrix: (K, K), rows true and columns predicted. Beyond 30 classes: no numbers, and some labels only.
    Raises DataError unless there are K labels, OSError where it cannot write.
    """
    classes = len(matrix)
    check_labels(labels, classes)
    names = [shorten(label, 24) for label in labels]
    numbered = classes <= _MOST_NUMBERED
    cell = float(np.clip(5.2 / classes, 0.36, 1.1)) if numbered else 7.6 / classes
    flat = max(map(len, names), default=0) * 0.085 < cell - 0.05
    side = cell * classes
    longest = max(map(len, names), default=0) * 0.085
    # Inches around the matrix: names and axis title, colour scales at the right, title on top.
    left, bottom = 0.5 + longest, 0.6 + (0.1 if flat else longest)
    width, height = max(left + side + 1.75, 4.6), bottom + side + 0.75
    with picture(path, width=width, height=height, fixed=True) as figure:
        axes = figure.add_axes((left / width, bottom / height, side / width, side / height))
        colours = _paint(axes, matrix, side=side)
        if numbered:
            _write_numbers(axes, matrix, colours, cell_points=cell * 72)
        step = 1 if numbered else -(-classes // 40)
        ticks = range(0, classes, step)
        axes.set_xticks(ticks, [names[i] for i in ticks], rotation=0 if flat else 90)
        axes.set_yticks(ticks, [names[i] for i in ticks])
        axes.tick_params(length=0 if numbered else 2)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        right, total = int(np.trace(matrix)), int(matrix.sum())
        accuracy = right / total if total else 0.0
        axes.set_title(f"Confusion matrix\naccuracy {accuracy:.4f} ({right:,} of {total:,})", linespacing=1.5)


def _paint(axes: "Axes", matrix: np.ndarray, *, side: float) -> np.ndarray:
    """Fills the cells of a matrix `side` inches wide; gives their colours: (K, K, 4)."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm

    classes = len(matrix)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    # A square root: one mistake in a hundred would be white on white otherwise.
    uneven = PowerNorm(0.5, vmin=0, vmax=1)
    blues = LinearSegmentedColormap.from_list("found", colormaps["Blues"](np.linspace(0, 0.9, 64)))
    oranges = LinearSegmentedColormap.from_list("mistaken", colormaps["Oranges"](np.linspace(0, 0.9, 64)))
    colours = oranges(np.asarray(uneven(share)))
    colours[share == 0] = 1.0
    diagonal = np.arange(classes)
    colours[diagonal, diagonal] = blues(np.diagonal(share))
    axes.imshow(colours, interpolation="nearest")
    axes.spines[:].set_color("#CBD2D9")
    if classes <= _MOST_NUMBERED:
        edges = np.arange(1, classes) - 0.5
        axes.vlines(edges, -0.5, classes - 0.5, color="#EDF0F3", linewidth=0.8)
        axes.hlines(edges, -0.5, classes - 0.5, color="#EDF0F3", linewidth=0.8)
    for inches, scale, norm, label in ((0.15, blues, None, "found"), (0.9, oranges, uneven, "mistaken")):
        shades = ScalarMappable(norm, scale)
        label = f"share of the true class, {label}"
        colour_bar(axes, shades, label, offset=inches / side, width=0.14 / side, form="{x:.0%}")
    return colours


def _write_numbers(axes: "Axes", matrix: np.ndarray, colours: np.ndarray, *, cell_points: float) -> None:
    digits = len(str(matrix.max(initial=0)))
    size = float(np.clip(cell_points * 0.82 / (0.64 * digits), 4.5, 11))
    # Perceived brightness (ITU-R BT.601).
    brightness = colours[..., :3] @ np.array([0.299, 0.587, 0.114])
    for (row, column), count in np.ndenumerate(matrix):
        ink = "#B8C1CB" if count == 0 else "white" if brightness[row, column] < 0.55 else INK
        weight = "bold" if row == column else "normal"
        axes.text(
            column, row, str(count), ha="center", va="center", fontsize=size, color=ink, fontweight=weight,
        )
