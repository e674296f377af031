"""From a Config with a generator and a discriminator to models that fit each other, the data and the loss."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dlcli.config.augmenting import unfit_augmentations
from dlcli.config.build import shape_problem
from dlcli.config.schema import Config
from dlcli.config.source import KeyPath, Source
from dlcli.core.gan_loss import GanLoss
from dlcli.core.layer import Layer
from dlcli.core.metric import Metric
from dlcli.core.optimizer import Optimizer
from dlcli.core.sequence import without_end
from dlcli.core.target import DataSpec, Target
from dlcli.data.preprocessing import Pipeline
from dlcli.errors import ConfigError, Problem, ShapeError
from dlcli.model import Model
from dlcli.train.gan_models import DISCRIMINATOR, GENERATOR, GanModels

TRUTH = Target(kind="classes", labels=("fake", "real"))


@dataclass(frozen=True)
class BuiltGan:
    """What the configuration of a GAN comes to."""

    config: Config
    spec: DataSpec
    pipeline: Pipeline
    model: GanModels
    loss: GanLoss
    optimizers: Mapping[str, Optimizer]
    d_steps: int
    metrics: Mapping[str, Metric] = field(default_factory=dict)

    @property
    def nets(self) -> tuple[tuple[str, Model, Optimizer], ...]:
        """What is trained: name, model and optimizer."""
        return tuple((name, model, self.optimizers[name]) for name, model in self.model.models.items())


def build_gan(config: Config, spec: DataSpec, source: Source, *, dtype: str | None = None) -> BuiltGan:
    """Plans every shape of both nets; allocates nothing.

    Raises ConfigError at the line of the layer that does not fit, and where the generator's samples are not of the
    shape of the data, or the discriminator gives more than one number, or not one for each class where it must.
    """
    generator, discriminator, loss = config.generator, config.discriminator, config.loss
    assert generator is not None and discriminator is not None and isinstance(loss, GanLoss)
    problems: list[Problem] = []
    made = judged = None
    try:
        pipeline = Pipeline(config.dataset.preprocessing, spec)
    except ShapeError as error:
        raise ConfigError([shape_problem(source, ("dataset", "preprocessing", *error.path), error)]) from None

    def model(name: str, layers: tuple[Layer, ...], in_shape: tuple[int, ...]) -> Model | None:
        try:
            columns = spec.table.ids if name == DISCRIMINATOR and spec.table is not None else ()
            return Model(layers, in_shape, dtype=dtype or config.dtype, id_columns=columns)
        except ShapeError as error:
            problems.append(shape_problem(source, (name, "layers", *error.path), error))
            return None

    classes = 0
    if generator.conditional:
        problems += _without_classes(source, config, spec)
        classes = spec.target.classes
    made = model(GENERATOR, generator.layers, (generator.latent + classes,))
    judged = model(DISCRIMINATOR, discriminator.layers, pipeline.out_shape)
    problems += unfit_augmentations(source, config, spec, pipeline.out_shape, None)
    if made is not None and made.out_shape != pipeline.out_shape:
        problems.append(source.problem(
            _last(GENERATOR, generator.layers),
            f"the generator makes samples of shape {made.out_shape}; the discriminator takes those of the data, "
            f"of shape {pipeline.out_shape}", _advice(made.out_shape, pipeline.out_shape),
        ))
    if judged is not None:
        try:
            _no_sigmoid(discriminator.layers, loss)
            _check_scores(loss, judged.out_shape, classes)
        except ShapeError as error:
            problems.append(shape_problem(source, _last(DISCRIMINATOR, discriminator.layers), error))
    if problems or made is None or judged is None:
        raise ConfigError(problems)
    models = GanModels(made, judged, classes=classes)
    optimizers = {
        GENERATOR: generator.optimizer or config.optimizer,
        DISCRIMINATOR: discriminator.optimizer or config.optimizer,
    }
    return BuiltGan(config, spec, pipeline, models, loss, optimizers, discriminator.d_steps)


def _without_classes(source: Source, config: Config, spec: DataSpec) -> Iterator[Problem]:
    """Why samples cannot be made to order."""
    place = (GENERATOR, "conditional")
    if spec.target.kind != "classes" or spec.target.shape:
        yield source.problem(
            place, "samples are made to order by their class, and these have none",
            "take it out, or use data with classes",
        )
    for number, augmentation in enumerate(config.dataset.augmentation):
        if augmentation.mixes:
            yield source.problem(
                ("dataset", "augmentation", number),
                f"{augmentation.type_name()} mixes classes, and a conditional generator is to make one", "take it out",
            )


def _check_scores(loss: GanLoss, out_shape: tuple[int, ...], classes: int) -> None:
    if not classes:
        loss.check(out_shape, TRUTH)
    elif out_shape != (classes,):
        raise ShapeError(
            f"the discriminator of a conditional generator gives a score for each of the {classes} classes; "
            f"its output has shape {out_shape}", hint=f"end the discriminator with {{type: dense, units: {classes}}}",
        )


def _last(name: str, layers: tuple[Layer, ...]) -> KeyPath:
    return (name, "layers", len(layers) - 1)


def _no_sigmoid(layers: Sequence[Layer], loss: GanLoss) -> None:
    for last in ("sigmoid", "softmax"):
        if without_end(layers, last) is not None:
            raise ShapeError(
                f"{loss.type_name()} takes scores of any size; the discriminator ends in {last}",
                hint=f"take the {last} out: where a probability is wanted, the loss makes it",
            )


def _advice(found: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    size = 1
    for extent in wanted:
        size *= extent
    shape = f"{{type: reshape, shape: [{', '.join(map(str, wanted))}]}}"
    count = 1
    for extent in found:
        count *= extent
    return f"end the generator with {shape}" if count == size else (
        f"end the generator with {size} numbers, such as {{type: dense, units: {size}}}, and then {shape}"
    )
