"""The columns of a table as people read them."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from dlcli.core.table import Table as Columns
from dlcli.report import table_columns


def column_table(known: Columns) -> RenderableType:
    """The columns of a table: what each is taken for, and what becomes of it."""
    table = plain_table("column", "", "numbers", "")
    for line in table_columns.lines(known):
        table.add_row(Text(line.name), line.kind, str(line.numbers), Text(line.values))
    return table


def plain_table(first: str, *others: str) -> Table:
    """Headings, and no lines; all but the first column are numbers, unless their heading is empty or `from`."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="left" if heading in ("from", "") else "right")
    return table
