"""The tables at the end of a training."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dlcli.app.train import Trained
from dlcli.cli.confusion_table import as_table
from dlcli.cli.terminal import width
from dlcli.report.epoch_line import figure


def summary(trained: Trained) -> RenderableType:
    """Figures of training, validation and test, the confusion matrix of the test, and where everything lies."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    names = list(dict.fromkeys(name.removeprefix("val_") for name in trained.metrics))
    validated = any(name.startswith("val_") for name in trained.metrics)
    for heading in ("", "train", *(["validation"] if validated else []), *(["test"] if trained.test else [])):
        table.add_column(heading, justify="left" if not heading else "right")
    if trained.test is not None and trained.test_epoch != trained.epoch:  # each column is that of other weights
        epochs = [trained.epoch] * (1 + validated) + [trained.test_epoch]
        table.add_row(Text("after epoch", "dim"), *(Text(str(epoch), "dim") for epoch in epochs))
    for name in names:
        row = [trained.metrics.get(name)]
        if validated:
            row.append(trained.metrics.get(f"val_{name}"))
        if trained.test:
            row.append(trained.test.metrics[name])
        table.add_row(name, *("–" if value is None or value != value else figure(value) for value in row))
    parts: list[RenderableType] = [Text(), table]
    if trained.test is not None and trained.test.findings.confusion_matrix is not None:
        parts += [Text(), as_table(trained.test.findings.confusion_matrix, trained.test.labels, width())]
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
