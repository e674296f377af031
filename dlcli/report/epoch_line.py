"""An epoch in one line of text."""

from collections.abc import Mapping
from typing import Any

_NO_FIGURES = ("epoch", "step", "learning_rate", "seconds")


def epoch_line(row: Mapping[str, Any], epochs: int, *, width: int | None = None) -> str:
    """`epoch  3/10  loss 0.0712 val 0.1031  accuracy 0.9781 val 0.9673  1.2 s` from a row of history.csv.

    Where that is longer than `width`, figures at the end give way to `...`; history.csv has them all.
    """
    head = f"epoch {row['epoch']:>{len(str(epochs))}}/{epochs}"
    figures = [
        f"{name} {figure(value)}" + (f" val {figure(row[f'val_{name}'])}" if f"val_{name}" in row else "")
        for name, value in row.items() if name not in _NO_FIGURES and not name.startswith("val_")
    ]
    return fit([head, *figures, f"{row['seconds']:.1f} s"], width)


def fit(parts: list[str], width: int | None) -> str:
    """The parts in one line; where it is longer than `width`, the last but one give way to `...`."""
    line = "  ".join(parts)
    for kept in range(len(parts) - 2, 1, -1):
        if width is None or len(line) <= width:
            break
        line = "  ".join([*parts[:kept], "...", parts[-1]])
    return line


def figure(value: float) -> str:
    """Four places, as people compare losses: 0.0712, 12.35, 1.2e-05."""
    return f"{value:.4f}" if 1e-3 <= abs(value) < 10 else f"{value:.4g}"
