"""The columns of a table, for people: what each is taken for, and what becomes of it."""

from typing import Any, NamedTuple

from dlcli.core.table import Column, Table
from dlcli.report.epoch_line import figure

_SHOWN = 5  # categories


class Line(NamedTuple):
    """One column: what it is, how many numbers of a sample it is, and what is known of its values."""

    name: str
    kind: str
    numbers: int
    values: str


def lines(table: Table) -> list[Line]:
    """One for each column, in the order of the table."""
    return [Line(column.name, column.kind, _width(column), _values(column)) for column in table.columns]


def as_text(table: Table) -> str:
    """Lines of equal layout, for a log."""
    rows = lines(table)
    name, kind = max(len(row.name) for row in rows), max(len(row.kind) for row in rows)
    text = "\n".join(f"  {row.name:<{name}}  {row.kind:<{kind}}  {row.numbers:>4}  {row.values}" for row in rows)
    return f"{len(rows)} column(s) become {table.width} numbers:\n{text}"


def as_dicts(table: Table) -> list[dict[str, Any]]:
    """Plain data for `--json`."""
    return [line._asdict() for line in lines(table)]


def _width(column: Column) -> int:
    if column.kind != "category":
        return len(column.parts) + column.gaps
    return 1 if column.embedded else column.choices


def _values(column: Column) -> str:
    if column.kind == "category":
        count = len(column.categories)
        told = [f"{'id of ' if column.embedded else ''}{count} {'category' if count == 1 else 'categories'}: "
                f"{', '.join(column.categories[:_SHOWN])}{', ...' if count > _SHOWN else ''}"]
        told += ["others are one"] if column.other else []
        told += ["gaps are one"] if column.gaps else []
        return "; ".join(told)
    if column.kind == "date":
        told = [", ".join(column.parts)]
    elif column.kind == "boolean":
        told = [f"true {100 * column.fill[0]:.3g} %"]
    else:
        sign = "+" if column.mean[0] < 0 else "-"
        told = [f"(x {sign} {figure(abs(column.mean[0]))}) / {figure(column.scale[0])}"]
    filled = ", ".join(figure(value) for value in column.fill)
    return "; ".join([*told, *([f"gaps are {filled}, and told"] if column.gaps else [])])
