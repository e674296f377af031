"""What travels beside x, as far as it is known before anything runs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dlcli.errors import ShapeError

Steps = Literal["kept", "gone", "new"]
"""What a layer does with the steps of a sequence, the first axis of a sample. `kept`: they are those of x, or the layer
makes the mask fit; `gone`: there are none any more; `new`: there are others, of which a mask of x says nothing."""


@dataclass(frozen=True, kw_only=True)
class Mask:
    """A mask that will be there: the layer `maker` makes it. After the layer `lost` it fits no steps any more."""

    maker: str
    lost: str = ""


@dataclass(frozen=True, kw_only=True)
class FlowPlan:
    """As `context.Flow`, for plans; and what is known of x itself.

    `ids`: x are whole numbers below this, such as ids of words; None where they need not be. `id_columns`: as many of
    the last numbers of x are ids of categories, each a whole number below that.
    `mask`: None where no mask comes. `encoded`: the shape of a sample that an encoder gives, None but in the decoder of
    an `encoder_decoder`, and `encoded_mask` the mask there.
    """

    ids: int | None = None
    id_columns: tuple[int, ...] = ()
    mask: Mask | None = None
    encoded: tuple[int, ...] | None = None
    encoded_mask: Mask | None = None


ALONE = FlowPlan()
"""Nothing travels beside x."""


def after(mask: Mask | None, steps: Steps, layer: str) -> Mask | None:
    """The mask behind a layer that does that with the steps."""
    if mask is None or steps == "gone":
        return None
    return replace(mask, lost=mask.lost or layer) if steps == "new" else mask


def need_mask(mask: Mask | None, reader: str) -> None:
    """Raises ShapeError where `reader` would take padding for data, since the mask that says so has been lost."""
    if mask is None or not mask.lost:
        return
    raise ShapeError(
        f"{reader} needs to know which steps are padding, but the mask that {mask.maker} makes says nothing about "
        f"these steps: {mask.lost} puts other ones in their place",
        hint=f"put {mask.maker} after {mask.lost}, or, if nothing is padding, make no mask "
             "(embedding without mask_zero, no masking)",
    )


def joined(came_in: Mask | None, left: Sequence[Mask | None]) -> Mask | None:
    """The mask of a merge of branches, as `layers._composite.joined_mask` makes it."""
    masks = [mask for mask in left if mask is not None]
    lost = [mask for mask in masks if mask.lost]
    if lost:
        return lost[0]
    return None if not masks or (came_in is not None and len(masks) < len(left)) else masks[0]
