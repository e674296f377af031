"""A model as a table: one row a layer."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dlcli.app.check import Checked, Row
from dlcli.config.build import Built
from dlcli.model import Model


def model_table(checked: Checked) -> RenderableType:
    """Layers with output shapes, parameters and work; sums and memory below."""
    built, training = checked.built, checked.built.config.training
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("layer", overflow="fold")
    table.add_column("type")
    table.add_column("output")
    table.add_column("parameters", justify="right")
    table.add_column("flops", justify="right")
    inputs = {row.name: net.in_shape for row, net in _firsts(checked)}
    for row in checked.rows:
        if row.depth == 0 and row.name in inputs:
            table.add_row("", "input", _shape(inputs[row.name]), "", "")
        table.add_row(
            "  " * row.depth + row.name, row.type, _shape(row.out_shape),
            (f"{row.params:,}" if row.params else "·") + ("" if row.trainable or not row.params else " frozen"),
            f"{row.flops:,}" if row.flops else "·",
        )
    if isinstance(built, Built) and built.model.link is not None:
        fused = f"{built.model.link.type_name()}, fused into the loss"
        table.add_row("", fused, _shape(built.model.out_shape), "·", "·")
    facts = Table.grid(padding=(0, 2))
    facts.add_column()
    facts.add_column(overflow="fold")
    frozen = checked.params - checked.trainable
    facts.add_row("parameters", f"{checked.params:,}" + (f", {frozen:,} of them frozen" if frozen else ""))
    facts.add_row("loss", f"{built.loss.type_name()} on {_targets(checked)}")
    optimizers = dict.fromkeys(optimizer.type_name() for _, _, optimizer in built.nets)
    facts.add_row("optimizer", f"{' and '.join(optimizers)}, batches of {training.batch_size}, lanes {training.lanes}")
    facts.add_row("memory", ", ".join(
        f"{label} {_bytes(count)}" for label, count in (
            ("parameters", checked.parameter_bytes), ("gradients and optimizer", checked.state_bytes),
            ("activations", checked.activation_bytes),
        )
    ))
    known: list[RenderableType] = []
    if built.spec.table is not None:
        from dlcli.cli.column_table import column_table

        known = [column_table(built.spec.table), Text()]
    return Group(Text(built.config.name, style="bold"), Text(), *known, table, Text(), facts)


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(['N', *map(str, shape)])})"


def _firsts(checked: Checked) -> list[tuple[Row, Model]]:
    """The first layer of every net, with the net."""
    firsts = []
    rows = iter(row for row in checked.rows if row.depth == 0)
    for _, net, _ in checked.built.nets:
        own = [next(rows) for _ in net.nodes]
        firsts += [(own[0], net)]
    return firsts


def _targets(checked: Checked) -> str:
    if checked.built.config.generator is not None:
        return f"real samples {_shape(checked.built.model.out_shape)} and fakes"
    target = checked.built.spec.target
    return f"{target.classes} classes" if target.kind == "classes" else f"numbers {_shape(target.shape)}"


def _bytes(count: int) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000  # type: ignore[assignment]  # from here on a number of larger units
    return f"{count:.3g} GB"
