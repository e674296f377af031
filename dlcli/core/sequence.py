"""Layers one after the other: named, planned, run forward and backward.

The model is such a sequence, and so is the inside of every composite layer.
"""

from collections.abc import Sequence

import numpy as np

from dlcli.core.context import Context
from dlcli.core.layer import Layer, Planned
from dlcli.errors import ShapeError


def plan_sequence(
    layers: Sequence[Layer], in_shape: tuple[int, ...], encoded: tuple[int, ...] | None = None,
) -> tuple[Planned, ...]:
    """Every layer with its name, the shape that reaches it, and its plan; allocates nothing.

    A layer with an activation becomes two. `encoded` as in `Layer.plan_beside`. Raises ShapeError, whose `path` starts
    with the number of the layer that cannot work.
    """
    planned: list[Planned] = []
    taken: set[str] = set()
    shape = in_shape
    for number, layer in enumerate(layers):
        name = _unique(layer.name or layer.type_name(), taken, given=layer.name is not None, number=number)
        for part in layer.expand():
            label = name if len(planned) == 0 or not _part_of(planned[-1], name) else f"{name}/{part.type_name()}"
            try:
                plan = part.plan_beside(shape, encoded)
                for param in plan.params.values():
                    param.initializer.check(param.shape)
            except ShapeError as error:
                where = f"layer {number} ({name})"
                raise ShapeError(
                    error.message, where=f"{where}, {error.where}" if error.where else where,
                    hint=error.hint, path=(number, *error.path),
                ) from None
            planned.append(Planned(label, part, shape, plan))
            shape = plan.out_shape
    return tuple(planned)


def _part_of(planned: Planned, name: str) -> bool:
    return planned.name == name or planned.name.startswith(f"{name}/")


def _unique(name: str, taken: set[str], *, given: bool, number: int) -> str:
    if given and name in taken:
        raise ShapeError(
            f"two layers are named {name!r}", where=f"layer {number}",
            hint="give one of them another name", path=(number, "name"),
        )
    candidate, count = name, 0
    while candidate in taken:
        count += 1
        candidate = f"{name}_{count}"
    taken.add(candidate)
    return candidate


def forward(planned: Sequence[Planned], contexts: Sequence[Context], x: np.ndarray) -> np.ndarray:
    """Runs x through all layers."""
    for node, ctx in zip(planned, contexts, strict=True):
        x = node.layer.forward(ctx, x)
    return x


def backward(planned: Sequence[Planned], contexts: Sequence[Context], dy: np.ndarray) -> np.ndarray | None:
    """Runs dy back through all layers, as far as any gradient is wanted."""
    dx: np.ndarray | None = dy
    for node, ctx in zip(reversed(planned), reversed(contexts), strict=True):
        dx = node.layer.backward(ctx, dx)  # type: ignore[arg-type]  # None only where needs_dx is False
        if not ctx.needs_dx:
            return None
    return dx
