"""The `training:` block of a configuration."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from dlcli.core.component import Keys
from dlcli.core.fields import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, Rate


@dataclass(frozen=True, kw_only=True)
class EarlyStopping(Keys):
    """Ends training once `monitor` has not improved by more than `min_delta` for `patience` epochs.

    `mode` is `min` or `max`; by default what suits the monitored figure. With `restore_best` the
    weights of the run are those of the best epoch by `monitor`: its sha256, what is evaluated and what predicts; the
    checkpoint `last` stays where training ended, so that it can go on from there.
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
class Ema(Keys):
    """A moving average: average = momentum * average + (1 - momentum) * parameters after every step.

    After the first step it is the parameters themselves, as in Keras. A number in place of the block is the `momentum`,
    the share of the average that stays at every step.
    """

    momentum: Rate = 0.99


def _as_ema(value: Any) -> Any:
    return {"momentum": value} if isinstance(value, int | float | str) and not isinstance(value, bool) else value


@dataclass(frozen=True, kw_only=True)
class Training(Keys):
    """How long to train, and on how much at once.

    `epochs` (passes over the training split) or `steps` (optimizer steps). `batch_size` samples a
    batch; a step sums the gradients of `accumulate` batches. `gradient_clip_norm` bounds the length of the whole
    gradient vector, `gradient_clip_value` the size of each number in it. `ema` keeps a moving average of the
    parameters, with which the model is validated, tested and used; training goes on with the parameters themselves.
    `class_weight` maps class names to the weight of their losses; figures count every sample once. `lanes` is the
    number of pieces into which a batch is cut; it is part of the result, so it is fixed when a run is made: by default
    according to the work of a step and to the kernels. A GAN draws a sheet of samples every `sample_every` epochs.
    """

    epochs: PositiveInt | None = None
    steps: PositiveInt | None = None
    batch_size: PositiveInt = 32
    shuffle: bool = True
    gradient_clip_norm: PositiveFloat | None = None
    gradient_clip_value: PositiveFloat | None = None
    accumulate: PositiveInt = 1
    ema: Annotated[Ema, BeforeValidator(_as_ema, json_schema_input_type=Rate | Ema)] | None = None
    class_weight: dict[str, NonNegativeFloat] | None = None
    early_stopping: EarlyStopping | None = None
    checkpoint: Checkpointing = Checkpointing()
    lanes: PositiveInt | None = None
    sample_every: PositiveInt = 1
