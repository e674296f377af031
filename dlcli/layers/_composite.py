"""What layers that hold several lists of layers share: planning a list, and the masks that come out of branches."""

from collections.abc import Sequence

import numpy as np

from dlcli.core.context import Context
from dlcli.core.flow_plan import ALONE, FlowPlan
from dlcli.core.layer import Layer, Planned
from dlcli.errors import ShapeError
from dlcli.layers.sequential import Sequential


def planned(
    name: str, layers: Sequence[Layer], in_shape: tuple[int, ...], *, path: tuple[str | int, ...], where: str = "",
    flow: FlowPlan = ALONE,
) -> Planned:
    """A list of layers as one child; `flow` as in `Layer.plan_beside`.

    A ShapeError leads from `path`, the key of the list, to the layer at fault.
    """
    inner = Sequential(layers=tuple(layers))
    try:
        return Planned(name, inner, in_shape, inner.plan_beside(in_shape, flow))
    except ShapeError as error:
        places = [place for place in (where, error.where) if place]
        raise ShapeError(
            error.message, where=", ".join(places), hint=error.hint, path=(*path, *error.path[1:]),
        ) from None


def joined_mask(ctx: Context, came_in: np.ndarray | None, left: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """The mask of a merge: a step counts where it counts in every branch that has a mask.

    None where no branch has one, and where one took away the mask that came in, the time axis with it.
    """
    masks = [mask for mask in left if mask is not None]
    if not masks or (came_in is not None and len(masks) < len(left)):
        return None
    if all(mask is masks[0] for mask in masks):
        return masks[0]
    joined = np.logical_and(masks[0], masks[1], out=ctx.empty("mask", masks[0].shape, bool))
    for mask in masks[2:]:
        joined &= mask
    return joined
