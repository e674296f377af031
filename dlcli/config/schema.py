"""The blocks of a configuration. Fields are YAML keys; validation and the JSON schema read them."""

from dataclasses import dataclass
from typing import Annotated, Literal

from dlcli.core.component import Keys
from dlcli.core.dataset import Dataset
from dlcli.core.fields import AsTuple, NonNegativeInt
from dlcli.core.layer import Layer
from dlcli.core.loss import Loss
from dlcli.core.metric import Metric
from dlcli.core.optimizer import Optimizer
from dlcli.core.params import Regularizer
from dlcli.core.schedule import Schedule
from dlcli.train.settings import Training


@dataclass(frozen=True, kw_only=True)
class ModelBlock(Keys):
    """The `model:` block: layers, run in the order in which they stand."""

    layers: Annotated[tuple[Layer, ...], AsTuple]


@dataclass(frozen=True, kw_only=True)
class Config(Keys):
    """A whole configuration.

    `name` is the file's name by default. `seed` fixes every random draw. `dtype` is the floating-point
    type of parameters and computation. `regularization` is a penalty on all kernels.
    """

    name: str
    description: str = ""
    seed: NonNegativeInt = 0
    dtype: Literal["float32", "float64"] = "float32"
    dataset: Dataset
    model: ModelBlock
    loss: Loss
    optimizer: Optimizer
    schedule: Schedule | None = None
    regularization: Regularizer | None = None
    metrics: Annotated[tuple[Metric, ...], AsTuple] = ()
    training: Training = Training()
