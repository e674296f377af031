"""Loads the data of a configuration, and builds the model for it."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from dlcli.app import configure
from dlcli.app.configure import Configured
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config.build_any import AnyBuilt, build_any
from dlcli.core.dataset import Split
from dlcli.core.target import DataSpec
from dlcli.data import load as data
from dlcli.data.learnable import check_learnable
from dlcli.data.load import Loaded
from dlcli.errors import ConfigError, DataError, DataKeyError, DataUnavailableError


def load_data(configured: Configured, surroundings: Surroundings, ui: Ui, *, trusted: bool = True) -> Loaded:
    """The splits, or those of the fallback; what was used is told with absolute paths, since a run stores it. Where it
    is not `trusted`, values that are no numbers and classes that cannot be learned are let in, to be looked for.

    Raises DataError for data that cannot be had, is damaged, or whose classes cannot be learned; ConfigError where a
    key of the data set names what the data does not have.
    """
    env = surroundings.data_env(config_dir=configured.folder, seed=configured.config.seed, warn=ui.warn)
    try:
        loaded = data.load(configured.config.dataset, env, finite=trusted)
    except DataKeyError as error:
        message = f"{error.where}: {error.message}" if error.where else error.message
        raise ConfigError([configured.source.problem(("dataset", *error.path), message, error.hint)]) from error
    generator = configured.config.generator
    if trusted and (generator is None or generator.conditional):  # other GANs learn samples, not their classes
        check_learnable(loaded, all_classes=generator is not None)
    return replace(loaded, used=configure.absolute(loaded.used, env))


def known(configured: Configured, surroundings: Surroundings, ui: Ui) -> DataSpec:
    """What a sample looks like; the data is read only where nothing else tells.

    Raises ConfigError where that data is not there, DataError where it is of no use.
    """
    spec = configure.describe(configured, surroundings, ui)
    if spec is not None:
        return spec
    dataset = configured.config.dataset
    alone = replace(configured, config=replace(configured.config, dataset=replace(dataset, fallback=None)))
    try:
        return load_data(alone, surroundings, ui).spec
    except DataUnavailableError as error:
        raise ConfigError([configured.source.problem(
            ("dataset",), f"what a sample of {dataset.type_name()} looks like, only the data tells: {error.message}",
            error.hint,
        )]) from error


def build_for(
    configured: Configured, loaded: Loaded, *, fitted: Mapping[str, np.ndarray] | None = None,
) -> AnyBuilt:
    """The model for the data that was loaded; its preprocessing fitted on the training split, or as it was `fitted`."""
    config = replace(configured.config, dataset=replace(loaded.used, fallback=None))
    built = build_any(config, loaded.spec, configured.source)
    if built.config.generator is not None and loaded.train.weights is not None:
        raise DataError(
            "the data has weights of its samples, but to a GAN all samples are equally real",
            where=f"dataset {loaded.used.type_name()}", hint="leave the weights out of the data",
        )
    if loaded.validation is None:
        _refuse_validation(configured)
    if fitted is None:
        built.pipeline.fit(loaded.train)
    else:
        built.pipeline.restore(fitted)
    return built


def _refuse_validation(configured: Configured) -> None:
    training = configured.config.training
    problems = [
        configured.source.problem(
            ("training", block, "monitor"), f"'{settings.monitor}' needs a validation split, and the data brings none",
            f"set dataset.validation_split: 0.2, or monitor '{settings.monitor[4:]}'",
        )
        for block, settings in (("early_stopping", training.early_stopping), ("checkpoint", training.checkpoint))
        if settings is not None and settings.monitor is not None and settings.monitor.startswith("val_")
    ]
    if problems:
        raise ConfigError(problems)


def fallen_back(configured: Configured, fallbacks: int) -> Configured:
    """The configuration with the data set that stood in, after so many fallbacks, in the place of the wanted one."""
    dataset = configured.config.dataset
    for _ in range(fallbacks):
        if dataset.fallback is None:  # as in a checkpoint, whose configuration names what was used
            break
        dataset = data.stand_in(dataset)
    return replace(configured, config=replace(configured.config, dataset=dataset))


def two_batches(loaded: Loaded, batch_size: int) -> Loaded:
    """Two batches of every split, for a run that only shows that everything works."""
    def cut(split: Split | None) -> Split | None:
        return None if split is None else replace(split, rows=split.rows[:2 * batch_size])

    return replace(
        loaded, train=replace(loaded.train, rows=loaded.train.rows[:2 * batch_size]),
        validation=cut(loaded.validation), test=cut(loaded.test),
    )
