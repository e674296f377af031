"""Data sets as people read them."""

from collections.abc import Sequence

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from dlcli.app.data_catalog import Origin
from dlcli.app.data_samples import Look
from dlcli.cli.column_table import column_table, plain_table
from dlcli.cli.text_art import gallery
from dlcli.report.epoch_line import figure


def listing(origins: Sequence[Origin]) -> RenderableType:
    """Name, where it comes from, what it is."""
    table = plain_table("data set", "from", "")
    for one in origins:
        style = {"to be fetched": "yellow", "your file": "dim"}.get(one.origin, "green")
        table.add_row(Text(one.name, style="bold"), Text(one.origin, style=style), Text(one.summary))
    return table


def places(one: Origin) -> RenderableType:
    """The files of one data set."""
    return Text("\n".join(str(place) for place in one.files.values() if place), overflow="fold")


def look(found: Look, width: int) -> RenderableType:
    """Shape, range, class counts, the first samples."""
    spec, target = found.spec, found.spec.target
    shape = " x ".join(map(str, spec.input_shape)) or "one number"
    goal = f"{target.classes} classes" if target.kind == "classes" else f"numbers of shape {target.shape}"
    head = Text.assemble((found.name, "bold"), f": samples of {shape}, {spec.dtype}; targets are {goal}")
    table = plain_table("split", "samples", "least", "most")
    for name, part in found.parts.items():
        table.add_row(name, f"{part.samples:,}", _number(part.low), _number(part.high))
    parts: list[RenderableType] = [head, Text(), table]
    if target.labels and not target.shape:
        counts = plain_table("class", *found.parts)
        for label in target.labels:
            counts.add_row(Text(label), *(f"{part.classes[label]:,}" for part in found.parts.values()))
        parts += [Text(), counts]
    if spec.table is not None:
        parts += [Text(), column_table(spec.table)]
    return Group(*parts, Text(), _first(found, width))


def _first(found: Look, width: int) -> RenderableType:
    if found.spec.image:
        return Text(gallery(found.x, found.targets, width), no_wrap=True, overflow="crop")
    rows = found.x.reshape(len(found.x), -1)
    columns = min(rows.shape[1], max(1, (width - 20) // 10))
    names = list(found.spec.table.places()) if found.spec.table else [f"x{n}" for n in range(columns)]
    table = plain_table("target", *names[:columns], *(["..."] if columns < rows.shape[1] else []))
    for target, row in zip(found.targets, rows, strict=True):
        table.add_row(Text(target), *(_number(float(value)) for value in row[:columns]))
    return table


def _number(value: float) -> str:
    return f"{value:g}" if value == np.round(value) and abs(value) < 1e6 else figure(value)
