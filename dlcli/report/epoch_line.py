"""An epoch in one line of text."""

from collections.abc import Mapping
from typing import Any


def epoch_line(row: Mapping[str, Any], epochs: int) -> str:
    """`epoch  3/10  loss 0.0712  accuracy 0.9781  val_loss ...  1.2 s` from a row of history.csv."""
    width = len(str(epochs))
    figures = [
        f"{name} {figure(value)}" for name, value in row.items()
        if name not in ("epoch", "step", "learning_rate", "seconds")
    ]
    return "  ".join([f"epoch {row['epoch']:>{width}}/{epochs}", *figures, f"{row['seconds']:.1f} s"])


def figure(value: float) -> str:
    """Four significant places, as people compare losses: 0.0712, 12.35, 1.2e-05."""
    return f"{value:.4f}" if 1e-3 <= abs(value) < 10 else f"{value:.4g}"
