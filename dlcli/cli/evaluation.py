"""What `dlcli evaluate` prints."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dlcli import registry
from dlcli.app.evaluate import Result
from dlcli.cli.confusion_table import as_table, most_confused
from dlcli.cli.terminal import width
from dlcli.report.epoch_line import figure

_MOST_OUTPUTS = 12


def evaluation(result: Result) -> RenderableType:
    """Figures with their intervals, confusion matrix, files."""
    findings = result.findings
    parts: list[RenderableType] = [_figures(result)]
    if len(findings.outputs) <= _MOST_OUTPUTS and findings.outputs:
        parts += [Text(), _outputs(findings.outputs)]
    if findings.confusion_matrix is not None:
        parts += [Text(), as_table(findings.confusion_matrix, result.labels, width())]
    elif findings.confusions:
        parts += [Text(), most_confused(findings.confusions, result.labels)]
    worst = Text("worst samples: worst.csv, those with the largest loss first")
    return Group(*parts, Text(), worst, Text(f"files: {result.folder}", overflow="fold"))


def _figures(result: Result) -> Table:
    intervals = result.findings.intervals
    bounds = {} if intervals is None else intervals.bounds
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(f"{result.split} ({result.samples:,} samples)")
    table.add_column(result.checkpoint, justify="right", no_wrap=True)
    if intervals is not None or result.undefined:
        table.add_column("" if intervals is None else f"{intervals.level:.0%} interval")
    for name, value in result.metrics.items():
        cells = [Text(name), Text(shown(name, value) if name not in result.undefined else "–")]
        if name in result.undefined:
            cells.append(Text(result.undefined[name], "dim"))
        elif name in bounds:
            cells.append(Text(interval(name, *bounds[name])))
        table.add_row(*cells)
    return table


def _outputs(outputs: Sequence[Mapping[str, float]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("output", justify="right")
    for name in outputs[0]:
        table.add_column(name, justify="right")
    for number, figures in enumerate(outputs):
        table.add_row(str(number), *("–" if v != v else shown(name, v) for name, v in figures.items()))
    return table


def shown(name: str, value: float) -> str:
    """`97.81 %` of a share, `0.0712` of other figures."""
    return f"{100 * value:.2f} %" if _is_share(name) else figure(value)


def interval(name: str, low: float, high: float) -> str:
    """`[97.5, 98.1]`, in the unit of `shown`; two places where one would not tell the ends apart."""
    if not _is_share(name):
        return f"[{figure(low)}, {figure(high)}]"
    places = 1 if high - low > 0.003 else 2
    return f"[{100 * low:.{places}f}, {100 * high:.{places}f}]"


def _is_share(name: str) -> bool:
    return name in registry.names("metrics") and registry.get("metrics", name).is_share
