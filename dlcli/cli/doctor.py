"""The findings of `dlcli doctor` as a table."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dlcli.app.doctor import Finding

_MARKS = {"ok": Text("✓", style="green"), "note": Text("!", style="yellow"), "broken": Text("✗", style="bold red")}


def report(findings: Sequence[Finding]) -> RenderableType:
    """Groups of lines: a mark, a name, what was found, and what mends it."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    group = None
    for one in findings:
        if one.group != group:
            group = one.group
            table.add_row("", Text(group, style="bold"), "")
        table.add_row(_MARKS[one.state], one.name, Text(one.text))
        if one.hint:
            table.add_row("", "", Text(one.hint, style="yellow"))
    broken = sum(one.state == "broken" for one in findings)
    verdict = f"{broken} thing(s) broken" if broken else "all that dlcli needs works"
    return Group(table, Text(), Text(verdict, style="bold red" if broken else "bold green"))
