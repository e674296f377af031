"""Whether samples, targets and the model fit what `dataset.augmentation` asks for."""

from collections.abc import Iterator

from dlcli.config.schema import Config
from dlcli.config.source import Source
from dlcli.core.target import DataSpec
from dlcli.errors import Problem, ShapeError


def unfit_augmentations(
    source: Source, config: Config, spec: DataSpec, shape: tuple[int, ...], out_shape: tuple[int, ...] | None,
) -> Iterator[Problem]:
    """What does not fit, each at its line; `shape` is that of a sample as the model gets it, `out_shape` the answer's.

    `out_shape` is None where the model does not answer with classes, as in a GAN.
    """
    target, dataset = spec.target, config.dataset
    ids = dataset.ids_below(spec) is not None or (spec.table is not None and bool(spec.table.ids))
    for number, augmentation in enumerate(dataset.augmentation):
        path, name = ("dataset", "augmentation", number), augmentation.type_name()
        if ids and not dataset.preprocessing:
            yield source.problem(path, f"{name} changes numbers; these samples hold ids, which are but names",
                                 "take it out")
            continue
        try:
            augmentation.check(shape, target)
        except ShapeError as error:
            yield source.problem(path, error.message, error.hint)
            continue
        if augmentation.mixes and target.classes and out_shape not in (None, (target.classes,)):
            units = f"{{type: dense, units: {target.classes}, activation: softmax}}"
            yield source.problem(
                path, f"{name} makes shares of the {target.classes} classes, and the model needs an output for each; "
                f"its output has shape {out_shape}", f"end with {units} and use loss: categorical_crossentropy",
            )
