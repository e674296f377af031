"""The course of a training, from the columns of history.csv."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlcli.errors import DataError
from dlcli.report.figure import BLUE, GREEN, INK, MUTED, ORANGE, picture, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NOT_METRICS = {"epoch", "step", "loss", "val_loss", "learning_rate", "seconds"}


def draw(
    path: str | Path, history: Mapping[str, Sequence[float | str | None]], *, best: int | None = None,
) -> None:
    """A PNG: a panel for the loss, one for each metric, one for the learning rate where it varies.

    `history` holds columns of one length: epoch, step, loss, val_loss, learning_rate, seconds and metrics
    with their `val_` twins. Blank, None and NaN entries are left out. The epoch `best` is marked,
    by default that with the lowest validation loss (or training loss, where nothing was validated).
    Raises DataError for a history without epochs, with columns of several lengths or with text; OSError
    where it cannot write.
    """
    columns = {name: _numbers(name, values) for name, values in history.items()}
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise DataError(
            f"expected columns of one length with at least one epoch, found lengths {sorted(lengths)}",
            where="history",
            hint="let the run finish one epoch first",
        )
    epochs = columns.get("epoch", np.arange(1.0, lengths.pop() + 1))
    marked = _best(columns, best)
    panels = list(_panels(columns))
    across = len(panels) if len(panels) <= 3 else 2 if len(panels) == 4 else 3
    down = -(-len(panels) // across)
    width, height = max(4.3 * across, 5.4), 3.5 * down
    with picture(path, width=width, height=height, fixed=True) as figure:
        grid = figure.subplots(down, across, squeeze=False).ravel()
        # Inches around and between the panels: for tick labels and a name on the left, title and legend on top.
        inner = (width - 0.95 - 0.75 * (across - 1)) / across, (height - 1.25 - 1.15 * (down - 1)) / down
        figure.subplots_adjust(
            left=0.7 / width, right=1 - 0.25 / width, bottom=0.6 / height, top=1 - 0.65 / height,
            wspace=0.75 / inner[0], hspace=1.15 / inner[1],
        )
        for axes, (title, lines) in zip(grid, panels, strict=False):
            _draw_panel(axes, title, epochs, lines)
            if marked is not None:
                _mark(axes, float(epochs[marked]), None if title != "loss" else _best_loss(columns)[marked])
        for axes in grid[len(panels) :]:
            axes.set_visible(False)


def _panels(columns: Mapping[str, np.ndarray]) -> Iterator[tuple[str, list[tuple[str, str, np.ndarray]]]]:
    """Title and lines (name, colour, values) of each panel."""
    metrics = dict.fromkeys(name.removeprefix("val_") for name in columns if name not in _NOT_METRICS)
    for title in ("loss", *metrics):
        named = (("training", BLUE, title), ("validation", ORANGE, f"val_{title}"))
        lines = [(name, colour, columns[key]) for name, colour, key in named if key in columns]
        lines = [line for line in lines if np.isfinite(line[2]).any()]
        if lines or (title == "loss" and ("loss" in columns or not metrics)):  # a GAN has losses of other names
            yield title, lines
    rate = columns.get("learning_rate", np.empty(0))
    if len(np.unique(rate[np.isfinite(rate)])) > 1:
        yield "learning rate", [("learning rate", GREEN, rate)]


def _draw_panel(axes: "Axes", title: str, epochs: np.ndarray, lines: list[tuple[str, str, np.ndarray]]) -> None:
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    tidy(axes)
    shown = [values[np.isfinite(values)] for _, _, values in lines]
    for (name, colour, values), some in zip(lines, shown, strict=True):
        finite = np.isfinite(values)
        marker = "o" if len(some) <= 30 else None
        axes.plot(epochs[finite], some, color=colour, marker=marker, markersize=4, linewidth=1.8, label=name)
    everything = np.concatenate(shown) if shown else np.empty(0)
    if title == "loss" and everything.size and everything.min() > 0 and everything.max() > 100 * everything.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_title(title.replace("_", " "), pad=24)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    if len(epochs) == 1:
        axes.set_xlim(epochs[0] - 1, epochs[0] + 1)
    if not lines:
        axes.text(0.5, 0.5, "no finite value", transform=axes.transAxes, ha="center", va="center", color=MUTED)
        axes.set_yticks([])
    elif title != "learning rate":
        _legend(axes)


def _legend(axes: "Axes") -> None:
    """Names the lines between the title and the frame, where no point is hidden."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.02, 0.985),
        ncols=3, columnspacing=1.2, handlelength=1.4, handletextpad=0.5,
    )


def _best_loss(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """The column that tells the best epoch."""
    validation = columns.get("val_loss", np.empty(0))
    return validation if np.isfinite(validation).any() else columns.get("loss", np.empty(0))


def _best(columns: Mapping[str, np.ndarray], epoch: int | None) -> int | None:
    """The row of the best epoch."""
    rows = np.flatnonzero(columns.get("epoch", np.empty(0)) == epoch)
    if len(rows):
        return int(rows[0])
    losses = _best_loss(columns)
    finite = np.isfinite(losses)
    return int(np.argmin(np.where(finite, losses, np.inf))) if finite.any() else None


def _mark(axes: "Axes", epoch: float, loss: float | None) -> None:
    axes.axvline(epoch, color=MUTED, linewidth=1, linestyle=(0, (2, 3)), zorder=1)
    if loss is not None:
        label = f"best: epoch {epoch:g}, {loss:.4g}"
        axes.plot(
            [epoch], [loss], linestyle="none", marker="o", markersize=10, markerfacecolor="none",
            markeredgecolor=INK, markeredgewidth=1.5, zorder=5, label=label,
        )
        _legend(axes)


def _numbers(name: str, values: Sequence[float | str | None]) -> np.ndarray:
    try:
        return np.array([np.nan if v is None or v == "" else float(v) for v in values], dtype=np.float64)
    except ValueError as error:
        raise DataError(
            f"expected numbers, found text ({error})",
            where=f"history, column {name}",
            hint="correct or leave out the row",
        ) from error
