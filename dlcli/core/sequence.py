"""Layers one after the other: named, and planned.

The model is such a sequence, and so is the inside of every composite layer.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from dlcli import registry
from dlcli.core.flow_plan import ALONE, FlowPlan, Mask
from dlcli.core.layer import Layer, Planned
from dlcli.errors import ShapeError


def plan_sequence(
    layers: Sequence[Layer], in_shape: tuple[int, ...], flow: FlowPlan = ALONE,
) -> tuple[Planned, ...]:
    """Every layer with its name, the shape that reaches it, and its plan; allocates nothing.

    A layer with an activation becomes two; some change places, see `ordered`. `flow` is what travels beside x at the
    beginning. Raises ShapeError, whose `path` starts with the number of the layer that cannot work.
    """
    planned: list[Planned] = []
    taken: set[str] = set()
    shape = in_shape
    parts = []
    for number, layer in enumerate(layers):
        name = _unique(layer.name or layer.type_name(), taken, given=layer.name is not None, number=number)
        for place, part in enumerate(layer.expand()):
            parts.append(Part(number, name, f"{name}/{part.type_name()}" if place else name, part))
    for number, name, label, part in ordered(parts):
        try:
            plan = part.plan_beside(shape, flow)
            for param in plan.params.values():
                param.initializer.check(param.shape)
        except ShapeError as error:
            where = f"layer {number} ({name})"
            raise ShapeError(
                error.message, where=f"{where}, {error.where}" if error.where else where,
                hint=error.hint, path=(number, *error.path),
            ) from None
        if len(plan.out_shape) < 2:  # no axis of steps is left, or none that holds anything
            plan = replace(plan, steps="gone", mask=None)
        planned.append(Planned(label, part, shape, plan))
        same = part.same_numbers and plan.out_shape == shape
        shape = plan.out_shape
        flow = replace(
            flow, mask=plan.mask, ids=flow.ids if part.same_numbers else None,
            id_columns=flow.id_columns if same else (),
        )
    return tuple(planned)


def without_end(layers: Sequence[Layer], kind: str) -> tuple[tuple[Layer, ...], Layer] | None:
    """The layers without the activation of type `kind` in which they end, and that one; None where there is none.

    Where it works number by number it may stand before layers that leave all numbers as they are, such as `reshape`:
    it does the same after them. Every other layer keeps its place in the list, so that errors name the right one.
    """
    last = len(layers) - 1
    while last > 0 and layers[last].same_numbers and registry.get("layers", kind).elementwise:
        last -= 1
    found = layers[last].without_end(kind) if layers else None
    if found is None:
        return None
    before, end = found
    after = layers[last + 1:]
    if after and not before:
        before = (registry.get("layers", "linear")(),)
    return (*layers[:last], *before, *after), end


class Part(NamedTuple):
    """A layer of a list, or one of those that do its work: which layer of the list, its name there, its own name."""

    number: int
    name: str
    label: str
    layer: Layer


def ordered(parts: Sequence[Part]) -> list[Part]:
    """The parts as they are run: relu behind the max pooling that follows it, where there are fewer numbers.

    The result and the gradients are the same to the last bit: relu leaves the order of numbers as it is, and where it
    makes numbers equal that were not, at 0, no gradient goes through.
    """
    found = list(parts)
    for i in range(len(found) - 1):
        if found[i].layer.goes_behind_maximum and found[i + 1].layer.takes_maximum:
            found[i], found[i + 1] = found[i + 1], found[i]
    return found


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


def mask_after(planned: Sequence[Planned], flow: FlowPlan) -> Mask | None:
    """The mask behind all layers, as far as it is known."""
    return planned[-1].plan.mask if planned else flow.mask
