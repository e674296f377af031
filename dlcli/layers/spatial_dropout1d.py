"""spatial_dropout1d: silences random channels of sequences during training."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.layers._spatial_dropout import SpatialDropout


@dataclass(frozen=True, kw_only=True)
class SpatialDropout1d(SpatialDropout):
    """In training y = x * keep / (1 - rate), keep = 0 for a channel with probability `rate`, else 1; otherwise y = x.

    x: (N, T, C) -> y: (N, T, C). A channel is silenced at all its places or at none: neighbours are so alike that
    dropping single numbers would do little. `rate`: 0 to below 1.
    Source: Tompson et al., "Efficient object localization using convolutional networks", 2015.
    """

    examples: ClassVar = (
        Example({"rate": 0.5}, (4, 3)), Example({"rate": 0.2}, (5, 2)), Example({"rate": 0.0}, (3, 2)),
    )
