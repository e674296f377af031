"""The contract of learning-rate schedules."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Component


@dataclass(frozen=True, kw_only=True)
class Schedule(Component):
    """The learning rate as a pure function of the step, so that a resumed run needs no state for it."""

    kind: ClassVar[str] = "schedules"
    absolute: ClassVar[bool] = False
    """Whether its keys hold learning rates, so that its rate is not in proportion to that of the optimizer."""

    @abstractmethod
    def rate(self, step: int, *, base: float, total: int) -> float:
        """Learning rate of `step` (from 0) of `total`, where the optimizer's own rate is `base`."""
        raise NotImplementedError
