"""What an inspection of data found, for people."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dlcli.app.data_check import DataReport
from dlcli.data.inspection.finding import Finding

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}
_MOST_CLASSES = 30  # of more, the counts say little; --json has them


def findings_table(report: DataReport) -> RenderableType:
    """Samples by split and class, then the findings, the worst first."""
    parts: list[RenderableType] = []
    labels = () if report.spec is None else report.spec.target.labels
    if report.samples:
        counts = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
        counts.add_column(report.dataset)
        for part in report.samples:
            counts.add_column(part, justify="right")
        counts.add_row("samples", *(f"{count:,}" for count in report.samples.values()))
        if report.spec is not None and not report.spec.target.shape and 0 < len(labels) <= _MOST_CLASSES:
            for number, label in enumerate(labels):
                shares = (f"{found[number]:,}" for found in report.classes.values())
                counts.add_row(Text(f"  {label}"), *shares)
        parts += [counts, Text()]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    for finding in report.findings:
        style = _STYLES[finding.level]
        table.add_row(Text(finding.level, style=style), finding.check, finding.split, _said(finding))
    if report.findings:
        parts += [table, Text()]
    said = ", ".join(_amount(report.count(level), level) for level in _STYLES)
    wanted = f" (in the place of {report.wanted}, which could not be had)" if report.wanted else ""
    return Group(*parts, Text(f"{report.dataset}{wanted}: {said}", style="bold"))


def _said(finding: Finding) -> Text:
    text = Text(finding.message)
    if finding.same_as:
        pairs = zip(finding.examples, finding.same_as, strict=True)
        text.append(_rows([f"{row} (as {other})" for row, other in pairs]), style="dim")
    elif finding.examples:
        text.append(_rows(list(map(str, finding.examples))), style="dim")
    if finding.hint:
        text.append(f"\n{finding.hint}", style="italic")
    return text


def _rows(named: list[str]) -> str:
    return f"; row{'' if len(named) == 1 else 's'} {', '.join(named)}"


def _amount(count: int, level: str) -> str:
    return f"{count or 'no'} {level}{'' if count == 1 else 's'}"
