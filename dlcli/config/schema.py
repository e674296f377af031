"""The blocks of a configuration. Fields are YAML keys; validation and the JSON schema read them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from dlcli.core.component import Keys
from dlcli.core.dataset import Dataset
from dlcli.core.fields import AsTuple, NonNegativeInt, PositiveInt
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
class GeneratorBlock(Keys):
    """The `generator:` block of a GAN: layers that make a sample of `latent` random numbers.

    The numbers are drawn from a standard normal distribution. `optimizer` is the top-level one by default.
    `conditional: true` makes samples to order: the class that a sample is to be of follows the random numbers, as a 1
    among zeros, and the discriminator gives a score for each class, of which the one of the sample's class counts.
    Source: Mirza and Osindero, "Conditional generative adversarial nets", 2014; Miyato and Koyama, "cGANs with
    projection discriminator", 2018.
    """

    latent: PositiveInt = 64
    conditional: bool = False
    layers: Annotated[tuple[Layer, ...], AsTuple]
    optimizer: Optimizer | None = None


@dataclass(frozen=True, kw_only=True)
class DiscriminatorBlock(Keys):
    """The `discriminator:` block of a GAN: layers that give a sample a score, the higher the more real.

    It learns from `d_steps` batches before the generator learns once. `optimizer` is the top-level one by default.
    """

    layers: Annotated[tuple[Layer, ...], AsTuple]
    optimizer: Optimizer | None = None
    d_steps: PositiveInt = 1

    @classmethod
    def _validate(cls, value: Any, handler: Callable[[Any], Any]) -> Any:
        """Runs that were made when `d_steps` was named `steps` still mean the same."""
        if isinstance(value, Mapping) and "steps" in value and "d_steps" not in value:
            value = {"d_steps" if key == "steps" else key: item for key, item in value.items()}
        return super()._validate(value, handler)


@dataclass(frozen=True, kw_only=True)
class InitFrom(Keys):
    """Transfer learning: parameters that begin where another training ended.

    `run` is a run, or the path of a checkpoint or of any safetensors file. The parameters of all `layers` that have
    the same name there are copied; names or globs (`conv*`, `block/*`) choose among them. Layers that `freeze` names
    keep what they have. `sha256` is that of the file, filled in when a run is made: a run that is trained again asks
    for the same file.
    """

    run: str
    layers: Annotated[tuple[str, ...], AsTuple] | None = None
    freeze: Annotated[tuple[str, ...], AsTuple] = ()
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class Config(Keys):
    """A whole configuration: of a `model`, or of a `generator` and a `discriminator` that learn from each other.

    `name` is the file's name by default. `seed` fixes every random draw. `dtype` is the floating-point
    type of parameters and computation. `regularization` is a penalty on all kernels.
    """

    name: str
    description: str = ""
    seed: NonNegativeInt = 0
    dtype: Literal["float32", "float64"] = "float32"
    dataset: Dataset
    model: ModelBlock | None = None
    generator: GeneratorBlock | None = None
    discriminator: DiscriminatorBlock | None = None
    init_from: InitFrom | None = None
    loss: Loss
    optimizer: Optimizer
    schedule: Schedule | None = None
    regularization: Regularizer | None = None
    metrics: Annotated[tuple[Metric, ...], AsTuple] = ()
    training: Training = Training()
