"""Predicted against true numbers."""

from pathlib import Path

import numpy as np

from dlcli.errors import DataError
from dlcli.report.figure import BLUE, MUTED, ORANGE, colour_bar, picture, tidy

_MOST_DOTS = 5000
"""Points beyond which their density is drawn: dots would only cover one another."""


def draw(path: str | Path, y_true: np.ndarray, y_pred: np.ndarray) -> None:
    """A PNG: one dot a number, a line where predictions are perfect, and R², MAE, RMSE in the title.

    y_true, y_pred: (N,) or (N, ...) of one shape; all numbers are drawn together, those that are not
    finite are left out and counted. Raises DataError where shapes differ or nothing is finite, OSError
    where it cannot write.
    """
    if y_true.shape != y_pred.shape:
        raise DataError(
            f"expected predictions of shape {y_true.shape}, found {y_pred.shape}",
            where="regression plot",
            hint="pass one prediction for each true number",
        )
    true, predicted = y_true.astype(np.float64).ravel(), y_pred.astype(np.float64).ravel()
    finite = np.isfinite(true) & np.isfinite(predicted)
    lost = len(finite) - int(finite.sum())
    true, predicted = true[finite], predicted[finite]
    if not len(true):
        raise DataError(
            "expected at least one finite pair of numbers, found none",
            where="regression plot",
            hint="check that training did not diverge",
        )
    low, high = min(true.min(), predicted.min()), max(true.max(), predicted.max())
    space = 0.04 * (high - low) or 1.0
    limits = (low - space, high + space)
    with picture(path, width=6.2 if len(true) > _MOST_DOTS else 5.4, height=5.6) as figure:
        axes = figure.subplots()
        tidy(axes)
        if len(true) <= _MOST_DOTS:
            alpha = float(np.clip(40 / np.sqrt(len(true)) / 3, 0.25, 0.8))
            axes.scatter(true, predicted, s=18, color=BLUE, alpha=alpha, linewidths=0)
        else:
            dots = axes.hexbin(
                true, predicted, gridsize=60, bins="log", cmap="Blues", mincnt=1, linewidths=0.1,
                extent=(*limits, *limits),
            )
            colour_bar(axes, dots, "samples", offset=0.03, width=0.03, form="{x:g}")
        axes.axline((low, low), slope=1, color=ORANGE, linewidth=1.4, label="perfect")
        axes.set(xlim=limits, ylim=limits, aspect="equal", xlabel="true", ylabel="predicted")
        axes.legend(loc="upper left")
        title = f"Predicted against true\n{_summary(true, predicted)}"
        axes.set_title(title, linespacing=1.5)
        if lost:
            axes.text(
                0.98, 0.02, f"{lost:,} not finite, left out", transform=axes.transAxes, ha="right", color=MUTED,
            )


def _summary(true: np.ndarray, predicted: np.ndarray) -> str:
    error = predicted - true
    spread = float(np.sum((true - true.mean()) ** 2))
    r2 = f"{1 - float(error @ error) / spread:.4f}" if spread else "–"
    return f"R² {r2}   MAE {np.abs(error).mean():.4g}   RMSE {np.sqrt(np.mean(error**2)):.4g}   n {len(true):,}"
