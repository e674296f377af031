"""One run in full."""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dlcli.app.run_details import Details
from dlcli.cli.amounts import age, size
from dlcli.cli.run_listing import STATUS
from dlcli.report.epoch_line import figure


def page(run: Details, now: datetime) -> RenderableType:
    """What it is, figures, history, checkpoints, data, environment."""
    parts: list[RenderableType] = [_facts(run, now)]
    for heading, body in (
        ("figures", _figures(run)), ("last epochs", _history(run)), ("data", _data(run)),
        ("environment", _environment(run)),
    ):
        if body is not None:
            parts += [Text(), Text(heading, style="bold"), body]
    return Group(*parts)


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _facts(run: Details, now: datetime) -> RenderableType:
    one, status, grid = run.overview, run.status, _grid()
    grid.add_row("run", Text(one.run.id, style="bold"))
    grid.add_row("status", Text(one.status, style=STATUS.get(one.status, "")))
    if one.status == "interrupted":
        grid.add_row("", f"dlcli train --resume {one.run.id} goes on with it")
    if status.get("error"):
        grid.add_row("error", Text(str(status["error"])))
    grid.add_row("name", Text(one.name))
    if one.tags:
        grid.add_row("tags", Text(" ".join(one.tags)))
    grid.add_row("begun", f"{one.created:%Y-%m-%d %H:%M:%S %Z}, {age(one.created, now)} ago")
    grid.add_row("epoch", f"{one.epoch}{'' if one.epochs is None else f' of {one.epochs}'}, step {one.step:,}")
    if one.seconds is not None:
        grid.add_row("training took", f"{one.seconds:.1f} s")
    if one.weights_sha256:
        grid.add_row("weights_sha256", one.weights_sha256)
    for name, count in run.checkpoints.items():
        grid.add_row("checkpoint", f"{name}, {size(count)}")
    grid.add_row("folder", Text(str(one.run.path), overflow="fold"))
    return grid


def _figures(run: Details) -> RenderableType | None:
    metrics, test = run.overview.metrics, run.overview.test
    if not metrics and not test:
        return None
    names = list(dict.fromkeys(name.removeprefix("val_") for name in (*metrics, *test)))
    columns = {"train": {n: metrics.get(n) for n in names}, "validation": {n: metrics.get(f"val_{n}") for n in names},
               "test": {n: test.get(n) for n in names}}
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("")
    shown = {heading: column for heading, column in columns.items() if any(v is not None for v in column.values())}
    for heading in shown:
        table.add_column(heading, justify="right")
    for name in names:
        table.add_row(name, *("" if (v := column[name]) is None else figure(v) for column in shown.values()))
    return table


def _history(run: Details) -> RenderableType | None:
    if not run.history:
        return None
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in run.history[0]:
        table.add_column(name.replace("_", "_\n", 1), justify="right", vertical="bottom")
    for row in run.history:
        table.add_row(*(v if k in ("epoch", "step") or not v else figure(float(v)) for k, v in row.items()))
    return table


def _data(run: Details) -> RenderableType | None:
    if not run.data:
        return None
    grid = _grid()
    grid.add_row("data set", str(run.data.get("dataset")))
    grid.add_row("samples", ", ".join(f"{split} {count:,}" for split, count in run.data.get("splits", {}).items()))
    if "fell_back" in run.data:
        grid.add_row(Text("STANDS IN", style="bold yellow"), "it is not the data that was asked for:")
        grid.add_row("", Text(str(run.data["fell_back"])))
    grid.add_row("sha256", str(run.data.get("sha256")))
    return grid


def _environment(run: Details) -> RenderableType | None:
    found = run.environment
    if not found:
        return None
    grid = _grid()
    grid.add_row("dlcli, python", f"{found.get('dlcli')}, {found.get('python')}")
    libraries = found.get("libraries", {})
    grid.add_row("numpy, blas", ", ".join(
        [str(libraries.get("numpy")), *(f"{b.get('internal_api')} {b.get('version')}" for b in found.get("blas", ()))],
    ))
    grid.add_row("machine", f"{found.get('platform')}, {found.get('cores')} cores, {found.get('threads')} threads")
    return grid
