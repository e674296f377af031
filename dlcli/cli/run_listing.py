"""Runs as a table that has as many columns as fit."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from dlcli.app.run_overview import Overview
from dlcli.app.run_query import value_of
from dlcli.cli.amounts import age
from dlcli.report.epoch_line import figure

STATUS = {"completed": "green", "running": "cyan", "interrupted": "yellow", "failed": "red", "diverged": "red"}
_GAP = 2
_SHOWN = ("run_id", "status", "epoch", "tag", "created")


def listing(runs: Sequence[Overview], *, now: datetime, width: int, wanted: Sequence[str] = ()) -> RenderableType:
    """One row a run. Figures named in `wanted` (what was asked for by --where or --sort) come before others."""
    front = {"run": [run.run.id for run in runs], "status": [run.status for run in runs],
             "epoch": [_epoch(run) for run in runs]}
    back = {"age": [age(run.created, now) for run in runs], "tags": [" ".join(run.tags) for run in runs]}
    room = width + _GAP - sum(_width(name, cells) for name, cells in (front | back).items())
    names = dict.fromkeys([*(name for name in wanted if name not in _SHOWN), *_names(runs)])
    columns = {name: [_cell(value_of(run, name)) for run in runs] for name in names}
    first = next((_width(name, cells) for name, cells in columns.items()), 0)
    if not any(back["tags"]) or room < first:  # one figure says more than a tag
        room += _width("tags", back.pop("tags"))
    figures: dict[str, list[str]] = {}
    for name, cells in columns.items():
        if _width(name, cells) <= room:
            figures[name], room = cells, room - _width(name, cells)
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for name in (*front, *figures, *back):
        table.add_column(
            _heading(name), no_wrap=name != "run", overflow="fold" if name == "run" else "ellipsis",
            justify="right" if name in ("epoch", "age") or name in figures else "left", vertical="bottom",
        )
    for run, status, *rest in zip(*front.values(), *figures.values(), *back.values(), strict=True):
        table.add_row(Text(run), Text(status, style=STATUS.get(status, "")), *(Text(cell) for cell in rest))
    return table


def _names(runs: Sequence[Overview]) -> list[str]:
    """Figures, those first that say most of how good a model is."""
    # What was followed in training: an evaluation has many more figures, which `runs show` lists.
    every = dict.fromkeys(name.removeprefix("val_") for run in runs for name in (run.metrics or run.test))
    metrics = [name for name in every if name != "loss"]
    ranked = [*metrics[:1], "loss", *metrics[1:]]
    have = {name for run in runs for name in run.values()}
    names = [*(f"{prefix}{name}" for name in ranked for prefix in ("test_", "val_")), *ranked, "seconds"]
    return [name for name in names if name in have]


def _epoch(run: Overview) -> str:
    return f"{run.epoch}/{run.epochs}" if run.epochs is not None else str(run.epoch)


def _cell(value: object) -> str:
    return "" if value is None else figure(value) if isinstance(value, float) else str(value)


def _heading(name: str) -> str:
    """`val_accuracy` in two lines, so that the column is narrow."""
    prefix, mark, rest = name.partition("_")
    return f"{prefix}_\n{rest}" if mark and prefix in ("test", "val") else name


def _width(name: str, cells: Sequence[str]) -> int:
    return max(len(text) for text in (*_heading(name).split("\n"), *cells)) + _GAP
