"""The table at the end of a cross-validation."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dlcli.app.folds import Folds, Spread
from dlcli.report.epoch_line import figure


def fold_table(folds: Folds) -> RenderableType:
    """Mean and standard deviation of each figure, then the run of each fold."""
    metrics, test = folds.figures("metrics"), folds.figures("test")
    values = {name: each for name, each in metrics.items() if name.startswith("val_")}
    values |= {f"test_{name}": each for name, each in test.items()}
    table = _table(f"{folds.of} folds", "mean", "std", "least", "most")
    for name, each in values.items():
        spread = Spread.of(each)
        table.add_row(name, *map(_cell, (spread.mean, spread.std, spread.min, spread.max)))
    shown = [*list(values)[:2], *[name for name in values if name.startswith("test_")][1:2]]
    runs = _table("fold", *shown, "run")
    for place, (number, run) in enumerate(folds.runs.items()):
        cells = [_cell(values[name][place]) for name in shown]
        runs.add_row(str(number), *cells, Text(run["run_id"], overflow="fold"))
    facts = Table.grid(padding=(0, 2))
    facts.add_row("seconds", f"{folds.seconds:.1f}")
    facts.add_row("summary", Text(str(folds.series.summary), overflow="fold"))
    return Group(Text(), table, Text(), runs, Text(), facts)


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="left" if heading == "run" else "right")
    return table


def _cell(value: float) -> str:
    return "–" if value != value else figure(value)
