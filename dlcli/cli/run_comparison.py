"""Runs side by side."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from dlcli.app.run_comparison import Comparison
from dlcli.cli.terminal import width
from dlcli.report.epoch_line import figure

_NAMES = 30  # columns that names get before they are folded
_LEAST = 8  # columns of a value; many runs do not fit side by side on a narrow terminal


def comparison(found: Comparison) -> RenderableType:
    """Figures with the best of each, then the keys of the configuration in which the runs differ."""
    parts: list[RenderableType] = [_legend(found), Text(), Text("figures", style="bold")]
    table = _table(found, found.figures, "right")
    for name, row in found.figures.items():
        best = found.best.get(name)
        cells = [
            Text("" if value is None else _number(value) + (" *" if number == best else "  "),
                 style="bold" if number == best else "")
            for number, value in enumerate(row)
        ]
        table.add_row(name, *cells)
    parts += [table, Text("* the best", style="dim"), *_rows("configuration", found, found.config)]
    return Group(*parts)


def difference(found: Comparison) -> RenderableType:
    """In what the runs differ, and whether they came to the same weights."""
    weights = "the same weights" if found.same_weights else "different weights"
    return Group(
        _legend(found), Text(weights), *_rows("configuration", found, found.config),
        *_rows("data and environment", found, found.surroundings),
    )


def _legend(found: Comparison) -> RenderableType:
    return Text("\n".join(f"{letter}  {run}" for letter, run in zip(_letters(found), found.runs, strict=True)))


def _letters(found: Comparison) -> list[str]:
    return [chr(ord("A") + n) if n < 26 else str(n + 1) for n in range(len(found.runs))]


def _table(found: Comparison, names: Iterable[str], justify: JustifyMethod = "left") -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    first = min(_NAMES, max(map(len, names), default=0))
    table.add_column("", overflow="fold", width=first)
    for letter in _letters(found):
        room = (width() - first) // len(found.runs) - 2
        table.add_column(letter, justify=justify, overflow="fold", max_width=max(room, _LEAST))
    return table


def _rows(heading: str, found: Comparison, rows: Mapping[str, Sequence[Any]]) -> list[RenderableType]:
    if not rows:
        return [Text(), Text.assemble((heading, "bold"), ": the same")]
    table = _table(found, rows)
    for name, row in rows.items():
        table.add_row(name, *(Text(_cell(value)) for value in row))
    return [Text(), Text(f"{heading}, where it differs", style="bold"), table]


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else figure(value)


def _cell(value: Any) -> str:
    if isinstance(value, str) and len(value) == 64:  # a sha256
        return value[:16]
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
