"""From a Config and what a sample looks like to a model that can be trained; checks all shapes on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dlcli.config.augmenting import unfit_augmentations
from dlcli.config.schema import Config
from dlcli.config.source import Source
from dlcli.core.component import plain
from dlcli.core.flow_plan import need_mask
from dlcli.core.freezing import layer_paths, unmatched
from dlcli.core.loss import Loss
from dlcli.core.metric import Metric
from dlcli.core.optimizer import Optimizer
from dlcli.core.target import DataSpec, Target
from dlcli.data.preprocessing import Pipeline
from dlcli.errors import ConfigError, Problem, ShapeError
from dlcli.model import Model, split_link
from dlcli.registry import did_you_mean


@dataclass(frozen=True)
class Built:
    """What a configuration comes to for one kind of samples."""

    config: Config
    spec: DataSpec
    pipeline: Pipeline
    model: Model
    loss: Loss
    metrics: Mapping[str, Metric]

    @property
    def nets(self) -> tuple[tuple[str, Model, Optimizer], ...]:
        """What is trained: name, model and optimizer; a single model has no name."""
        return (("", self.model, self.config.optimizer),)


def build(config: Config, spec: DataSpec, source: Source, *, dtype: str | None = None) -> Built:
    """Plans every shape from the sample to the loss; allocates nothing.

    Raises ConfigError, at the line of the layer, transform, loss or metric that does not fit; `source` tells the lines.
    """
    assert config.model is not None, "a GAN is built by build_gan"
    freeze = () if config.init_from is None else config.init_from.freeze
    problems: list[Problem] = []
    pipeline = model = None
    try:
        pipeline = Pipeline(config.dataset.preprocessing, spec)
    except ShapeError as error:
        problems.append(shape_problem(source, ("dataset", "preprocessing", *error.path), error))
    loss = config.loss
    if pipeline is not None and config.dataset.autoencode:
        spec = replace(spec, target=Target(kind="numbers", shape=pipeline.out_shape, is_input=True))
    if pipeline is not None:
        try:
            layers, link, loss = split_link(config.model.layers, config.loss)
            ids = None if config.dataset.preprocessing else config.dataset.ids_below(spec)
            model = Model(
                layers, pipeline.out_shape, dtype=dtype or config.dtype, link=link, frozen=freeze, ids=ids,
                id_columns=spec.table.ids if spec.table is not None else (),
            )
        except ShapeError as error:
            problems.append(shape_problem(source, ("model", "layers", *error.path), error))
    if model is not None:
        problems += _unknown_frozen(source, model, freeze)
        try:
            loss.check(model.out_shape, spec.target)
            need_mask(model.mask if spec.target.shape else None, loss.type_name())
        except ShapeError as error:
            problems.append(shape_problem(source, ("loss",), error))
        problems += unfit_augmentations(source, config, spec, model.in_shape, model.out_shape)
    padded = model is not None and model.mask is not None and bool(spec.target.shape)
    for number, metric in enumerate(config.metrics):
        try:
            metric.check(spec.target)
            if padded and metric.whole_samples:
                _refuse_padding(metric)
        except ShapeError as error:
            problems.append(shape_problem(source, ("metrics", number), error))
    problems += _unknown_classes(source, config, spec)
    if problems or pipeline is None or model is None:
        raise ConfigError(problems)
    metrics = {metric.type_name(): metric for metric in config.metrics if metric.type_name() != "loss"}
    return Built(config, spec, pipeline, model, loss, metrics)


def resolved(config: Config) -> dict[str, Any]:
    """A configuration with every default filled in, as plain data that validates to the same Config."""
    data: dict[str, Any] = plain(config)
    return data


def shape_problem(source: Source, path: tuple[str | int, ...], error: ShapeError) -> Problem:
    """What a layer, a transform or a loss says, at its place in the YAML."""
    message = f"{error.where}: {error.message}" if error.where else error.message
    return source.problem(path, message, error.hint)


def _refuse_padding(metric: Metric) -> None:
    raise ShapeError(
        f"{metric.type_name()} compares whole samples, but steps of these may be padding, which does not count",
        hint="use mae, mse or rmse, which are means over the steps that count",
    )


def _unknown_frozen(source: Source, model: Model, freeze: tuple[str, ...]) -> list[Problem]:
    paths = layer_paths(model.nodes)
    return [
        source.problem(
            ("init_from", "freeze", number), f"no layer is named '{freeze[number]}'",
            did_you_mean(freeze[number], paths) or f"there are {', '.join(paths)}",
        )
        for number in unmatched(model.nodes, freeze)
    ]


def _unknown_classes(source: Source, config: Config, spec: DataSpec) -> list[Problem]:
    labels = spec.target.labels
    if config.training.class_weight and spec.target.shape:
        message = "weights belong to the one class of a sample; these samples have a class for each place of a sequence"
        return [source.problem(("training", "class_weight"), message, "take class_weight out", key=True)]
    return [
        source.problem(
            ("training", "class_weight", label),
            f"no class is named '{label}'; there are {', '.join(labels) or 'none'}",
            key=True,
        )
        for label in config.training.class_weight or {} if label not in labels
    ]
