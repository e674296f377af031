"""What `dlcli train` does with its options, and how it shows the outcome."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dlcli.app import configure
from dlcli.app.configure import Configured
from dlcli.app.folds import Folds, resume_folds, train_folds
from dlcli.app.lanes import in_lanes
from dlcli.app.resume import resume as resume_run
from dlcli.app.threads import settle
from dlcli.app.train import Trained, train
from dlcli.app.transfer import look
from dlcli.cli.folds import fold_table
from dlcli.cli.options import Common
from dlcli.cli.output import write_json
from dlcli.cli.results import publish
from dlcli.cli.summary import summary
from dlcli.config.build import resolved
from dlcli.config.dump import dump
from dlcli.errors import UsageError
from dlcli.kernels import choice
from dlcli.runs.fold_series import FoldSeries


def run(
    common: Common,
    *,
    config: str | None,
    overrides: Sequence[str],
    resume: str | None,
    folds: int | None,
    name: str | None,
    tags: Sequence[str],
    seed: int | None,
    threads: int | None,
    print_config: bool,
    dry_run: bool,
    fast_dev_run: bool,
    yes: bool,
) -> None:
    """Trains a new run, or goes on with one."""
    surroundings, ui = common.surroundings(), common.ui()
    workers = settle(threads)
    if resume is not None:
        _refuse(
            name=name, tag=tags, seed=seed, folds=folds, print_config=print_config, dry_run=dry_run,
            fast_dev_run=fast_dev_run,
        )
        _go_on(common, resume, config, overrides, workers)
        return
    if config is None:
        raise UsageError("train needs a configuration", hint="`dlcli train configs/mnist_mlp.yaml`, or --resume RUN")
    changes = {"name": None if name is None else json.dumps(name, ensure_ascii=False), "seed": seed}
    if fast_dev_run:
        overrides = [*overrides, "training.epochs=1", "training.steps=null"]
    if folds is not None:  # each validates on its part, in the place of a share of the samples
        overrides = [*overrides, f"dataset.fold={{number: 1, of: {folds}}}", "dataset.validation_split=0"]
    configured = configure.read(Path(config), overrides, **changes)
    if print_config:
        _print(common, configured)
    elif dry_run:
        _look_only(common, configured, str(config))
    elif folds is not None:
        found = train_folds(configured, surroundings, ui, threads=workers, tags=tags, fast=fast_dev_run)
        _show_folds(found, common)
    else:
        _show(train(configured, surroundings, ui, threads=workers, tags=tags, fast=fast_dev_run), common)


def _go_on(common: Common, run: str, config: str | None, overrides: Sequence[str], threads: int) -> None:
    """Trains a run further, or the folds of a cross-validation."""
    surroundings, ui = common.surroundings(), common.ui()
    given = [config, *overrides] if config else list(overrides)
    if config is not None and "=" not in config:
        raise UsageError(
            f"a run goes on with the configuration that it was made with; found {config}", where="--resume",
            hint=f"take it out: dlcli train --resume {run}",
        )
    series = FoldSeries.find(surroundings.runs_dir, run)
    if series is None:
        _show(resume_run(run, given, surroundings, ui, threads=threads), common)
        return
    if given:
        raise UsageError(
            f"folds that are gone on with stay what they are; found {given[0]}", where="--resume",
            hint=f"take it out, or train anew with --folds {series.read()['folds']}",
        )
    _show_folds(resume_folds(series, surroundings, ui, threads=threads), common)


def _print(common: Common, configured: Configured) -> None:
    """The configuration with every default filled in; as many lanes as a training that lasts would take."""
    surroundings, ui = common.surroundings(), common.ui()
    built = configure.plan(configured, surroundings, ui)
    config_now = (configured if built is None else in_lanes(built, choice.expected())).config
    data = resolved(configure.rooted(replace(configured, config=config_now), surroundings).config)
    if common.json:
        write_json(data)
    else:
        sys.stdout.write(dump(data))


def _look_only(common: Common, configured: Configured, name: str) -> None:
    """Says that nothing is wrong with the configuration, where that is so."""
    surroundings, ui = common.surroundings(), common.ui()
    built = configure.plan(configured, surroundings, ui)
    if built is not None:
        look(configured, built, surroundings, ui)
    ui.info(f"{name}: nothing to complain about")
    if common.json:
        write_json({"config": name, "ok": True})


def _show_folds(folds: Folds, common: Common) -> None:
    publish(common, folds.as_dict(), lambda: fold_table(folds))


def _refuse(**given: object) -> None:
    """Raises UsageError for options that say what a new run is like."""
    for option, value in given.items():
        if value:
            raise UsageError(
                f"--{option.replace('_', '-')} is for new runs; a resumed run stays what it is", where="--resume",
                hint="take it out, or train a new run",
            )


def _show(trained: Trained, common: Common) -> None:
    publish(common, trained.as_dict(), lambda: summary(trained))
