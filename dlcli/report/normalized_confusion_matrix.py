"""The confusion matrix in shares of the true class, which classes of any size can be compared by."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dlcli.files import replacing
from dlcli.report.class_names import check_labels, shorten
from dlcli.report.figure import FAINT, INK, colour_bar, picture

_MOST_NUMBERED = 25
"""Classes beyond which cells are too small for a percentage."""


def shares(matrix: np.ndarray) -> np.ndarray:
    """Each row of counts: (K, K) divided by its sum; NaN for a class without samples."""
    support = matrix.sum(axis=1, keepdims=True)
    return np.divide(matrix, support, out=np.full(matrix.shape, np.nan), where=support > 0)


def write_csv(path: str | Path, matrix: np.ndarray, labels: Sequence[str]) -> None:
    """Writes the shares of counts: (K, K) like the counts themselves; cells of a class without samples are empty.

    Raises DataError unless there are K labels, OSError where it cannot write.
    """
    check_labels(labels, len(matrix))
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["true\\predicted", *labels])
        for label, row in zip(labels, shares(matrix).tolist(), strict=True):
            writer.writerow([label, *("" if share != share else f"{share:.6g}" for share in row)])


def draw(path: str | Path, matrix: np.ndarray, labels: Sequence[str]) -> None:
    """A PNG: how many in a hundred samples of each true class (row) were taken for each class (column).

    matrix: (K, K) counts. Beyond 25 classes: no numbers, and some labels only. Raises DataError unless there are K
    labels, OSError where it cannot write.
    """
    check_labels(labels, len(matrix))
    classes, names = len(matrix), [shorten(label, 24) for label in labels]
    numbered = classes <= _MOST_NUMBERED
    cell = float(np.clip(5.2 / classes, 0.42, 1.1)) if numbered else 7.6 / classes
    side, longest = cell * classes, max(map(len, names), default=0) * 0.085
    flat = longest < cell - 0.05
    left, bottom = 0.5 + longest, 0.6 + (0.1 if flat else longest)
    width, height = max(left + side + 1.1, 4.6), bottom + side + 0.75
    with picture(path, width=width, height=height, fixed=True) as figure:
        from matplotlib import colormaps
        from matplotlib.colors import PowerNorm

        axes = figure.add_axes((left / width, bottom / height, side / width, side / height))
        share = shares(matrix)
        # A square root: one mistake in a hundred would be white on white otherwise.
        uneven = PowerNorm(0.5, vmin=0, vmax=1)
        shown = axes.imshow(share, cmap=colormaps["Blues"], norm=uneven, interpolation="nearest")
        axes.set_facecolor(FAINT)  # a class without samples
        axes.spines[:].set_color("#CBD2D9")
        for (row, column), value in np.ndenumerate(share) if numbered else ():
            if value > 0:
                axes.text(
                    column, row, percent(value), ha="center", va="center", color="white" if value > 0.4 else INK,
                    fontsize=float(np.clip(cell * 72 * 0.82 / (0.64 * 4), 5.5, 10)),
                    fontweight="bold" if row == column else "normal",
                )
        step = 1 if numbered else -(-classes // 40)
        ticks = range(0, classes, step)
        axes.set_xticks(ticks, [names[i] for i in ticks], rotation=0 if flat else 90)
        axes.set_yticks(ticks, [names[i] for i in ticks])
        axes.tick_params(length=0 if numbered else 2)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        colour_bar(axes, shown, "share of the true class", offset=0.15 / side, width=0.14 / side, form="{x:.0%}")
        there = ~np.isnan(np.diagonal(share))
        mean = np.diagonal(share)[there].mean() if there.any() else 0.0
        axes.set_title(f"Confusion matrix, in % of the true class\nbalanced accuracy {mean:.4f}", linespacing=1.5)


def percent(share: float) -> str:
    """`97.2`, and `100` only where nothing is missing; what is there but rounds to nothing is `<0.1`."""
    if share == 1:
        return "100"
    return "<0.1" if share < 0.0005 else f"{min(99.9, 100 * share):.1f}"
