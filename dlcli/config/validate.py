"""From plain data to a Config: every mistake at once, each at its line, before any data is read."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from dlcli import registry
from dlcli.config.explain import explain
from dlcli.config.schema import Config
from dlcli.config.source import Source
from dlcli.config.validate_nets import GAN_FIGURES, contradictions_of_nets, missing_nets
from dlcli.config.validate_splits import contradictions_of_splits
from dlcli.core.component import from_yaml
from dlcli.core.split_metric import SplitMetric
from dlcli.errors import ConfigError, Problem
from dlcli.schedules.reduce_on_plateau import ReduceOnPlateau
from dlcli.schedules.warmup import Warmup


def validate(source: Source) -> Config:
    """The configuration that `source` describes; `name` is by default the file's.

    Raises ConfigError with every key that is unknown, missing, of the wrong type or out of bounds; where there
    is none, with every pair of keys that contradict each other.
    """
    data = {"name": Path(source.name).stem, **source.data}
    problems = list(missing_nets(source))
    try:
        config: Config = from_yaml(Config, data)
    except ValidationError as error:
        problems += [explain(source, e) for e in error.errors(include_url=False)]
    else:
        problems = problems or list(_contradictions(source, config))
        if not problems:
            return config
    raise ConfigError(sorted(problems, key=lambda p: (p.line, p.column)))


def _contradictions(source: Source, config: Config) -> Iterator[Problem]:
    dataset, training = config.dataset, config.training
    yield from contradictions_of_nets(source, config)
    yield from contradictions_of_splits(source, config)
    if training.epochs is not None and training.steps is not None:
        yield source.problem(("training", "steps"), "epochs and steps are both given", "take one of them out", key=True)
    if training.lanes is not None and training.lanes > training.batch_size:
        yield source.problem(
            ("training", "lanes"), f"expected at most batch_size, {training.batch_size}; found {training.lanes}",
        )
    stopping, kept = training.early_stopping, training.checkpoint.monitor
    if stopping is not None and stopping.restore_best and kept is not None and kept != stopping.monitor:
        yield source.problem(
            ("training", "checkpoint", "monitor"),
            f"the best checkpoint is chosen by '{kept}', but restore_best wants that of '{stopping.monitor}'",
            "let both monitor the same figure",
        )
    yield from _repeated_metrics(source, config)
    own = dataset.may_have_validation or getattr(dataset, "validation_path", None) is not None
    validated = dataset.validation_split > 0 or dataset.fold is not None or own
    for block in ("early_stopping", "checkpoint"):
        settings = getattr(training, block)
        if settings is not None and settings.monitor is not None:
            yield from _unknown_monitor(source, config, ("training", block, "monitor"), settings.monitor, validated)
    yield from _plateau(source, config, validated)


def _plateau(source: Source, config: Config, validated: bool) -> Iterator[Problem]:
    path: tuple[str, ...] = ("schedule",)
    schedule = config.schedule
    while isinstance(schedule, Warmup):
        path, schedule = (*path, "then"), schedule.then
    if isinstance(schedule, ReduceOnPlateau):
        yield from _unknown_monitor(source, config, (*path, "monitor"), schedule.monitor, validated)


def _repeated_metrics(source: Source, config: Config) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, metric in enumerate(config.metrics):
        name = metric.type_name()
        if name in seen:
            yield source.problem(("metrics", number), f"{name} is listed twice", "take one of them out")
        seen.add(name)


def _unknown_monitor(
    source: Source, config: Config, path: tuple[str, ...], monitor: str, validated: bool,
) -> Iterator[Problem]:
    known = figure_names(config, validated=True)
    if monitor not in known:
        message = f"no figure is named '{monitor}'; there are {', '.join(known)}"
        yield source.problem(path, message, registry.did_you_mean(monitor, known))
    elif monitor.startswith("val_") and not validated:
        message = f"'{monitor}' needs a validation split, and there is none"
        yield source.problem(path, message, f"set dataset.validation_split: 0.2, or monitor '{monitor[4:]}'")


def figure_names(config: Config, *, validated: bool) -> tuple[str, ...]:
    """The figures of every epoch that can be monitored: `loss`, `val_loss`, `accuracy`, `val_accuracy`, ..."""
    if config.generator is not None:
        return GAN_FIGURES
    of_split = {metric.type_name() for metric in config.metrics if isinstance(metric, SplitMetric)}
    names = dict.fromkeys(["loss", *(metric.type_name() for metric in config.metrics)])
    prefixes = ("", "val_") if validated else ("",)
    return tuple(f"{prefix}{name}" for name in names for prefix in prefixes if prefix or name not in of_split)
