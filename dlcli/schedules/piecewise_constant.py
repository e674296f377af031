"""piecewise_constant: learning rates that hold between given steps."""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar

from pydantic import Field
from pydantic_core import PydanticCustomError

from dlcli.core.component import Example
from dlcli.core.fields import AsTuple, NonNegativeFloat, NonNegativeInt
from dlcli.core.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class PiecewiseConstant(Schedule):
    """rate(step) = values[i], i being how many `boundaries` lie below step; Keras' PiecewiseConstantDecay.

    `boundaries` are optimizer steps, rising; a boundary itself still has the rate before it. `values` are learning
    rates, one more than boundaries: the optimizer's own `learning_rate` is not used.
    """

    absolute: ClassVar = True
    examples: ClassVar = (
        Example({"boundaries": [1000, 2000], "values": [0.1, 0.01, 0.001]}),
        Example({"boundaries": [7], "values": [0.1, 0.05]}),
    )

    boundaries: Annotated[tuple[NonNegativeInt, ...], Field(min_length=1), AsTuple]
    values: Annotated[tuple[NonNegativeFloat, ...], AsTuple]

    def __post_init__(self) -> None:
        if any(a >= b for a, b in pairwise(self.boundaries)):
            raise PydanticCustomError("order", "expected boundaries that rise from one to the next", {})
        if len(self.values) != len(self.boundaries) + 1:
            raise PydanticCustomError(
                "length", "expected one value more than boundaries, {wanted}; found {found}",
                {"wanted": len(self.boundaries) + 1, "found": len(self.values)},
            )

    def rate(self, step: int, *, base: float, total: int) -> float:
        """Learning rate of `step`."""
        return float(self.values[bisect_left(self.boundaries, step)])
