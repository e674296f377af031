"""reduce_on_plateau: the learning rate falls when a figure no longer improves."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dlcli.core.component import Example
from dlcli.core.fields import Float, NonNegativeFloat, NonNegativeInt
from dlcli.core.schedule import Schedule


@dataclass(frozen=True, kw_only=True)
class ReduceOnPlateau(Schedule):
    """rate(step) = base * factor ** (how often `monitor` stood still); Keras' ReduceLROnPlateau.

    `monitor` is looked at after every epoch. Once it has not improved by more than `min_delta` for `patience` epochs,
    the rate is multiplied by `factor`, down to the learning rate `min_lr`; for `cooldown` epochs after that nothing is
    counted. `mode` is `min` or `max`, by default what suits the figure. What was counted is kept in checkpoints. As a
    function of the step alone the rate is base: the training loop multiplies it.
    """

    examples: ClassVar = (
        Example(),
        Example({"monitor": "loss", "factor": 0.5, "patience": 2, "min_lr": 0.001, "cooldown": 1, "mode": "min"}),
    )

    monitor: str = "val_loss"
    factor: Annotated[Float, Field(gt=0, lt=1)] = 0.1
    patience: NonNegativeInt = 10
    min_delta: NonNegativeFloat = 0.0001
    cooldown: NonNegativeInt = 0
    min_lr: NonNegativeFloat = 0.0
    mode: Literal["min", "max"] | None = None

    def rate(self, step: int, *, base: float, total: int) -> float:
        """`base`."""
        return base
