"""Components as tables."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from dlcli.app.catalog import Entry


def listing(summaries: Mapping[str, str]) -> RenderableType:
    """Names, each with its one sentence."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for name, summary in summaries.items():
        table.add_row(name, Text(summary))
    return table


def page(entry: Entry) -> RenderableType:
    """All about one component: what it is, its manual, its keys, an example."""
    head = Text.assemble((entry.name, "bold"), f": {entry.summary}")
    parts: list[RenderableType] = [head, Text(), Text(entry.manual), Text()]
    own = [key for key in entry.keys if not key.inherited]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("key", no_wrap=True)
    table.add_column("type")
    table.add_column("default")
    for key in own:
        table.add_row(key.name, key.type, "required" if key.default is None else Text(key.default, overflow="fold"))
    if own:
        parts += [table, Text()]
    inherited = [key for key in entry.keys if key.inherited]
    if inherited:
        parts += [Text(f"keys of all {entry.kind}", style="bold"), _inherited(entry), Text()]
    shape = f", on samples of shape {entry.shape}" if entry.shape else ""
    parts += [Text(f"example{shape}", style="bold"), Syntax(entry.example.rstrip(), "yaml", theme="ansi_dark",
                                                          background_color="default", padding=(0, 0, 0, 2))]
    return Group(*parts)


def _inherited(entry: Entry) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for key in entry.keys:
        if key.inherited:
            default = "required" if key.default is None else f"default {key.default}"
            table.add_row(key.name, Text(f"{key.type}; {default}. {key.meaning}".strip()))
    return table
