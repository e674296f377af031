"""Gradients, analytic and numeric, side by side."""

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dlcli.config.build_any import AnyBuilt
from dlcli.train.gradient_check import TOLERANCE, Difference


def gradient_table(built: AnyBuilt, differences: Sequence[Difference]) -> RenderableType:
    """One row a parameter: the slope along a random direction, computed and measured."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("gradient of", "analytic", "numeric", "relative error", ""):
        table.add_column(heading, justify="left" if heading in ("gradient of", "") else "right")
    for d in differences:
        said = Text(d.note or "ok", "yellow" if d.note else "green") if d.ok else Text("DIFFERS", "bold red")
        compared = not d.note.startswith("not compared")
        numbers = [f"{d.analytic:.6e}", f"{d.numeric:.6e}", f"{d.relative_error:.1e}"] if compared else ["·"] * 3
        table.add_row(d.name, *numbers, said)
    wrong = sum(not d.ok for d in differences)
    verdict = f"{wrong} of {len(differences)} differ" if wrong else "all agree"
    return Group(table, Text(), Text(f"{built.config.name}: {verdict} (tolerance {TOLERANCE:g}, float64)"))


def as_dict(built: AnyBuilt, differences: Sequence[Difference]) -> dict[str, Any]:
    """Plain data for `--json`."""
    return {
        "name": built.config.name, "tolerance": TOLERANCE, "ok": all(d.ok for d in differences),
        "gradients": [
            {
                "name": d.name, "analytic": d.analytic, "numeric": d.numeric, "relative_error": d.relative_error,
                "ok": d.ok, "note": d.note,
            }
            for d in differences
        ],
    }
