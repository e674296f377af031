"""spatial_dropout2d: silences random channels of images during training."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.layers._spatial_dropout import SpatialDropout


@dataclass(frozen=True, kw_only=True)
class SpatialDropout2d(SpatialDropout):
    """In training y = x * keep / (1 - rate), keep = 0 for a channel with probability `rate`, else 1; otherwise y = x.

    x: (N, H, W, C) -> y: (N, H, W, C). A channel is silenced at all its places or at none: neighbours are so alike that
    dropping single numbers would do little. `rate`: 0 to below 1.
    Source: Tompson et al., "Efficient object localization using convolutional networks", 2015.
    """

    examples: ClassVar = (
        Example({"rate": 0.5}, (2, 3, 3)), Example({"rate": 0.2}, (3, 2, 2)), Example({"rate": 0.0}, (2, 2, 1)),
    )
