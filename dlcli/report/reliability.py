"""Whether a model is right as often as it says: the reliability diagram."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlcli.errors import DataError
from dlcli.report.figure import BLUE, INK, MUTED, ORANGE, picture, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(path: str | Path, samples: np.ndarray, right: np.ndarray, confidence: np.ndarray) -> None:
    """A PNG: accuracy against confidence, bin by bin, and below how many samples are in each bin.

    samples, right, confidence: (bins,) counts of samples and of right ones, and sums of the probability of the
    predicted class; bin b is (b / bins, (b + 1) / bins]. Raises DataError where there are no samples, OSError where it
    cannot write.
    """
    total = samples.sum()
    if not total:
        raise DataError(
            "expected at least one sample, found none", where="reliability diagram",
            hint="evaluate a split that has samples",
        )
    bins = len(samples)
    some = samples > 0
    accuracy, sureness = (np.divide(part, samples, out=np.zeros(bins), where=some) for part in (right, confidence))
    error = float(np.abs(right - confidence).sum() / total)
    edges, wide = np.arange(bins) / bins, 1 / bins
    with picture(path, width=5.2, height=6.0, fixed=True) as figure:
        upper = figure.add_axes((0.12, 0.37, 0.84, 0.48))
        tidy(upper)
        upper.bar(
            edges[some], accuracy[some], wide, align="edge", color=BLUE, alpha=0.85, edgecolor="white",
            label="accuracy",
        )
        low, high = np.minimum(accuracy, sureness)[some], np.maximum(accuracy, sureness)[some]
        upper.bar(
            edges[some], high - low, wide, bottom=low, align="edge", facecolor="none", edgecolor=ORANGE, hatch="////",
            linewidth=0.8, label="gap to the confidence",
        )
        upper.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=(0, (4, 3)), label="as often as it says")
        upper.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="accuracy")
        upper.tick_params(labelbottom=False)
        _legend(upper)
        title = f"Reliability\nexpected calibration error {error:.2%} ({int(total):,} samples)"
        upper.set_title(title, linespacing=1.5, pad=24)
        lower = figure.add_axes((0.12, 0.09, 0.84, 0.21))
        tidy(lower)
        lower.bar(edges, samples / total, wide, align="edge", color="#9AA5B1", edgecolor="white")
        for value, colour, text in (
            (right.sum() / total, BLUE, "accuracy"), (confidence.sum() / total, ORANGE, "mean confidence"),
        ):
            lower.axvline(value, color=colour, linewidth=1.4, label=f"{text} {value:.4f}")
        lower.set(xlim=(0, 1), xlabel="confidence: probability of the predicted class", ylabel="share of samples")
        lower.yaxis.label.set_color(MUTED)
        _legend(lower)


def _legend(axes: "Axes") -> None:
    """Above the diagram, since a bar may be anywhere in it."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=3, borderaxespad=0.1, columnspacing=1.2, handlelength=1.8,
        handletextpad=0.5,
    )
