"""What `dlcli train` does with its options, and how it shows the outcome."""

import sys
from collections.abc import Sequence
from pathlib import Path

from dlcli.app import configure
from dlcli.app.resume import resume as resume_run
from dlcli.app.threads import settle
from dlcli.app.train import Trained, train
from dlcli.app.transfer import look
from dlcli.cli.options import Common
from dlcli.cli.results import publish
from dlcli.cli.summary import summary
from dlcli.config.build import resolved
from dlcli.config.dump import dump
from dlcli.errors import UsageError


def run(
    common: Common,
    *,
    config: str | None,
    overrides: Sequence[str],
    resume: str | None,
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
        given = [config, *overrides] if config else list(overrides)
        _show(resume_run(resume, given, surroundings, ui, threads=workers), common)
        return
    if config is None:
        raise UsageError("train needs a configuration", hint="`dlcli train configs/mnist_mlp.yaml`, or --resume RUN")
    changes = {"name": name, "seed": seed}
    if fast_dev_run:
        overrides = [*overrides, "training.epochs=1", "training.steps=null"]
    configured = configure.read(Path(config), overrides, **changes)
    if print_config:
        built = configure.plan(configured, surroundings, ui)
        sys.stdout.write(dump(resolved(configured.config if built is None else built.config)))
        return
    if dry_run:
        built = configure.plan(configured, surroundings, ui)
        if built is not None:
            look(configured, built, surroundings, ui)
        ui.info(f"{config}: nothing to complain about")
        return
    _show(train(configured, surroundings, ui, threads=workers, tags=tags, fast=fast_dev_run), common)


def _show(trained: Trained, common: Common) -> None:
    publish(common, trained.as_dict(), lambda: summary(trained))
