"""The `training:` block of a configuration."""

from dataclasses import dataclass
from typing import Literal

from dlcli.core.component import Keys
from dlcli.core.fields import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt


@dataclass(frozen=True, kw_only=True)
class EarlyStopping(Keys):
    """Ends training once `monitor` has not improved by more than `min_delta` for `patience` epochs.

    `mode` is `min` or `max`; by default what suits the monitored figure. With `restore_best` the last
    checkpoint ends up with the weights of the best epoch.
    """

    monitor: str = "val_loss"
    patience: NonNegativeInt = 0
    mode: Literal["min", "max"] | None = None
    min_delta: NonNegativeFloat = 0.0
    restore_best: bool = False


@dataclass(frozen=True, kw_only=True)
class Checkpointing(Keys):
    """Writes `last` after every `every` epochs and `best` whenever `monitor` improves.

    `keep` further checkpoints, `epoch-0007` and so on, stay beside them, the newest ones. `monitor` is
    `val_loss` by default; where there is no validation split, the newest epoch counts as the best.
    """

    every: PositiveInt = 1
    keep: NonNegativeInt = 0
    monitor: str | None = None


@dataclass(frozen=True, kw_only=True)
class Training(Keys):
    """How long to train, and on how much at once.

    `epochs` (passes over the training split) or `steps` (optimizer steps). `batch_size` samples a
    batch; a step sums the gradients of `accumulate` batches. `gradient_clip_norm` bounds the length of the whole
    gradient vector. `class_weight` maps class names to the weight of their losses. `lanes` is the number
    of pieces into which a batch is cut; it is part of the result, so it is fixed when a run is made: by default
    according to the work of a step.
    """

    epochs: PositiveInt | None = None
    steps: PositiveInt | None = None
    batch_size: PositiveInt = 32
    shuffle: bool = True
    gradient_clip_norm: PositiveFloat | None = None
    accumulate: PositiveInt = 1
    class_weight: dict[str, NonNegativeFloat] | None = None
    early_stopping: EarlyStopping | None = None
    checkpoint: Checkpointing = Checkpointing()
    lanes: PositiveInt | None = None
    sample_every: PositiveInt = 1
