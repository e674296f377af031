"""The tables at the end of a training and of an evaluation."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dlcli.app.evaluate import Result
from dlcli.app.train import Trained
from dlcli.cli.confusion_table import as_table
from dlcli.cli.terminal import width
from dlcli.report.epoch_line import figure


def summary(trained: Trained) -> RenderableType:
    """Figures of training, validation and test, the confusion matrix of the test, and where everything lies."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    names = [name for name in trained.metrics if not name.startswith("val_")]
    validated = any(f"val_{name}" in trained.metrics for name in names)
    for heading in ("", "train", *(["validation"] if validated else []), *(["test"] if trained.test else [])):
        table.add_column(heading, justify="left" if not heading else "right")
    for name in names:
        row = [name, figure(trained.metrics[name])]
        if validated:
            row.append(figure(trained.metrics[f"val_{name}"]))
        if trained.test:
            row.append(figure(trained.test.metrics[name]))
        table.add_row(*row)
    parts: list[RenderableType] = [Text(), table]
    if trained.test is not None and trained.test.confusion_matrix is not None:
        parts += [Text(), _matrix(trained.test)]
    facts = Table.grid(padding=(0, 2))
    if trained.wanted is not None:
        facts.add_row("data", Text(f"{trained.dataset}, NOT {trained.wanted}, which could not be had", "bold yellow"))
    facts.add_row("epochs, steps", f"{trained.epoch}, {trained.step}")
    facts.add_row("seconds", f"{trained.seconds:.1f}")
    if trained.test is not None:
        facts.add_row("test weights", f"{trained.test.checkpoint}, of epoch {trained.test_epoch}")
    facts.add_row("weights sha256", trained.weights_sha256[:16])
    facts.add_row("run", Text(str(trained.run.path), overflow="fold"))
    return Group(*parts, Text(), facts)


def evaluation(result: Result) -> RenderableType:
    """Figures, confusion matrix, files."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(f"{result.split} ({result.samples:,} samples)")
    table.add_column(result.checkpoint, justify="right")
    for name, value in result.metrics.items():
        table.add_row(name, figure(value))
    parts: list[RenderableType] = [table]
    if result.confusion_matrix is not None:
        parts += [Text(), _matrix(result)]
    return Group(*parts, Text(), Text(f"files: {result.folder}", overflow="fold"))


def _matrix(result: Result) -> RenderableType:
    assert result.confusion_matrix is not None
    return as_table(result.confusion_matrix, result.labels, width())
