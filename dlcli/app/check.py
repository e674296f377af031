"""A dry run: what each layer does to a sample, and what it takes, without any data."""

from dataclasses import dataclass
from math import prod
from typing import Any

from dlcli.app import configure
from dlcli.app.configure import Configured
from dlcli.app.lanes import in_lanes
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config.build_any import AnyBuilt, build_any
from dlcli.core.plan import Planned
from dlcli.kernels import choice


@dataclass(frozen=True, kw_only=True)
class Row:
    """One layer; `depth` counts the composite layers around it."""

    name: str
    type: str
    out_shape: tuple[int, ...]
    params: int
    trainable: bool
    flops: int
    depth: int


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A valid configuration. Bytes are those of a training with its batch size; flops those of one sample forward.

    Where the number of lanes is not given, it is that of a training that lasts.
    """

    built: AnyBuilt
    rows: tuple[Row, ...]
    params: int
    trainable: int
    parameter_bytes: int
    state_bytes: int
    activation_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        model = self.built.model
        columns = {}
        if self.built.spec.table is not None:
            from dlcli.report import table_columns

            columns = {"columns": table_columns.as_dicts(self.built.spec.table)}
        return {
            "name": self.built.config.name,
            "input_shape": list(self.built.spec.input_shape),
            **columns,
            "output_shape": list(model.out_shape),
            "layers": [
                {
                    "name": row.name, "type": row.type, "output_shape": list(row.out_shape), "parameters": row.params,
                    "trainable": row.trainable, "flops": row.flops, "depth": row.depth,
                }
                for row in self.rows
            ],
            "parameters": self.params,
            "trainable_parameters": self.trainable,
            "flops_per_sample": model.flops,
            "lanes": self.built.config.training.lanes,
            "memory_bytes": {
                "parameters": self.parameter_bytes, "gradients_and_optimizer": self.state_bytes,
                "activations": self.activation_bytes,
            },
        }


def check(configured: Configured, surroundings: Surroundings, ui: Ui) -> Checked:
    """Plans the model. The data is read only where nothing else tells the shape of a sample.

    Raises ConfigError, also where that data is not there; DataError where it is of no use.
    """
    spec = configure.describe(configured, surroundings, ui)
    if spec is None:
        from dlcli.app.loading import known

        spec = known(configured, surroundings, ui)
    built = in_lanes(build_any(configured.config, spec, configured.source), choice.expected())
    if configured.config.init_from is not None:
        from dlcli.app import transfer

        transfer.look(configured, built, surroundings, ui)
    model, training = built.model, built.config.training
    itemsize = model.dtype.itemsize
    lanes = training.lanes or 1
    rows: list[Row] = []
    vectors = values = 0
    for name, net, optimizer in built.nets:
        rows += _rows(net.nodes, prefix=f"{name}/" if name else "")
        vectors += lanes * net.layout.size + (len(optimizer.slots()) + 1) * net.layout.trainable
        # Forward keeps each layer's output, backward about as much again.
        values += prod(net.in_shape) + 2 * sum(prod(row.out_shape) for row in _rows(net.nodes))
    return Checked(
        built=built, rows=tuple(rows), params=model.layout.size, trainable=model.layout.trainable,
        parameter_bytes=model.layout.size * itemsize, state_bytes=vectors * itemsize,
        activation_bytes=values * training.batch_size * itemsize,
    )


def _rows(nodes: tuple[Planned, ...], depth: int = 0, trainable: bool = True, prefix: str = "") -> list[Row]:
    rows = []
    for node in nodes:
        learns = trainable and node.layer.trainable
        rows.append(Row(
            name=f"{prefix}{node.name}", type=node.layer.type_name(), out_shape=node.plan.out_shape,
            params=sum(prod(param.shape) for param in node.plan.params.values()),
            trainable=learns, flops=node.plan.flops, depth=depth,
        ))
        rows += _rows(node.plan.children, depth + 1, learns)
    return rows
