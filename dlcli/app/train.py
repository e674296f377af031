"""Trains a model: validates everything, loads the data, and only then makes a run directory."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from dlcli import files
from dlcli.app import configure, effort, kernels, loading, transfer
from dlcli.app.configure import Configured
from dlcli.app.evaluate import Result, measure
from dlcli.app.interrupts import stop_on_signals
from dlcli.app.lanes import in_lanes
from dlcli.app.session import Session
from dlcli.app.surroundings import Surroundings
from dlcli.app.transfer import Transfer
from dlcli.app.ui import Ui
from dlcli.config.build import Built, resolved
from dlcli.config.build_any import AnyBuilt
from dlcli.config.dump import dump
from dlcli.core.component import plain
from dlcli.core.dataset import Fold
from dlcli.data.fingerprint import fingerprint
from dlcli.data.load import Loaded
from dlcli.errors import DivergedError, DlcliError, InterruptedRunError
from dlcli.kernels import choice
from dlcli.report import history_plot, table_columns
from dlcli.report.painter import SOON, Painter
from dlcli.runs import checkpoint as checkpoints
from dlcli.runs import environment
from dlcli.runs.directory import RunDirectory
from dlcli.runs.history import read_columns
from dlcli.runs.log import RunLog
from dlcli.train import snapshot
from dlcli.version import __version__


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A finished training. `test` is None where the data has no test split.

    `dataset` is what it was trained on; `wanted` what it should have been, where that is another. `test_epoch` is the
    epoch whose weights were tested.
    """

    run: RunDirectory
    status: str
    epoch: int
    step: int
    metrics: dict[str, float]
    test: Result | None
    weights_sha256: str
    seconds: float
    dataset: str
    wanted: str | None
    test_epoch: int
    fold: Fold | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json` and metrics.json."""
        return {
            "run_id": self.run.id, "run_dir": str(self.run.path), "status": self.status, "epoch": self.epoch,
            "step": self.step, "metrics": self.metrics, "test": None if self.test is None else self.test.metrics,
            "weights_sha256": self.weights_sha256, "seconds": round(self.seconds, 3),
            "dataset": self.dataset, **({"fallback_for": self.wanted} if self.wanted else {}),
            **({"fold": plain(self.fold)} if self.fold else {}),
        }


def train(
    configured: Configured,
    surroundings: Surroundings,
    ui: Ui,
    *,
    threads: int = 1,
    tags: Sequence[str] = (),
    fast: bool = False,
) -> Trained:
    """Trains a new run to its end.

    Raises ConfigError, DataError before a run directory is made; DivergedError, InterruptedRunError with
    the run's files in a state that tells of it. `fast` trains on two batches of everything.
    """
    started = time.monotonic()
    choice.wanted()  # what cannot be is said before anything is read
    planned = configure.plan(configured, surroundings, ui)
    if planned is not None:
        transfer.prepare(configured, planned, surroundings)
    loaded = loading.load_data(configured, surroundings, ui)
    recorded = {**fingerprint(loaded), **({"cut": True} if fast else {})}
    if fast:
        loaded = loading.two_batches(loaded, configured.config.training.batch_size)
    configured = configure.rooted(configured, surroundings)
    built = loading.build_for(configured, loaded)
    begun = transfer.prepare(configured, built, surroundings)
    if begun is not None:
        begun.tell(ui)
        built = begun.named_in(built) if isinstance(built, Built) else built
    fold = configured.config.dataset.fold
    named = built.config.name if fold is None else f"{built.config.name} fold {fold.number}"
    run = RunDirectory.create(surroundings.runs_dir, named, datetime.now(UTC))
    with run.writing():
        run.update_status(
            status="running", pid=os.getpid(), name=built.config.name, tags=list(tags), created=_now(),
            **({} if fold is None else {"fold": plain(fold)}),
        )
        in_use = kernels.settle(surroundings, ui, built=built, loaded=loaded)
        built = in_lanes(built, choice.in_use())
        surroundings_now = {**environment.describe(), "threads": threads, "kernels": in_use, "data": recorded}
        _write_beginning(run, configured, built, loaded, begun, surroundings_now)
        return train_in(run, built, loaded, ui, threads=threads, started=started, state=None, begun=begun)


def _write_beginning(
    run: RunDirectory,
    configured: Configured,
    built: AnyBuilt,
    loaded: Loaded,
    begun: Transfer | None,
    described: dict[str, Any],
) -> None:
    files.write_bytes(run.config, configured.source.text.encode())
    files.write_json(run.environment, {**described, **({"init_from": begun.as_dict()} if begun else {})})
    write_resolved(run, configured, built)
    if loaded.spec.table is not None:
        RunLog(run.log).info(table_columns.as_text(loaded.spec.table))
    for reason, count in loaded.skipped.items():
        RunLog(run.log).warning(f"{count} sample(s) are skipped: {reason}")
    if loaded.fell_back is not None:
        RunLog(run.log).warning(f"{loaded.used.type_name()} stands in for the wanted data: {loaded.fell_back}")


def write_resolved(run: RunDirectory, configured: Configured, built: AnyBuilt) -> None:
    """config.resolved.yaml: every default filled in, the data set still the one that was asked for."""
    config = replace(built.config, dataset=configured.config.dataset)
    text = f"# {config.name}, every default filled in; made by dlcli {__version__}\n{dump(resolved(config))}"
    files.write_bytes(run.resolved, text.encode())


def train_in(
    run: RunDirectory,
    built: AnyBuilt,
    loaded: Loaded,
    ui: Ui,
    *,
    threads: int,
    started: float,
    state: snapshot.Snapshot | None,
    begun: Transfer | None = None,
    extended: bool = False,
) -> Trained:
    """Trains, from `state` where one is given, or else from the parameters of `begun`; records how it ended.

    An `extended` run forgets why it stopped.
    """
    log = RunLog(run.log)
    run.update_status(status="running", pid=os.getpid(), started=_now(), finished=None, error=None)
    try:
        painter = Painter(soon=0.0 if state is None and effort.lasts(built, loaded) else SOON)
        session = Session(built, loaded, run, [log, *ui.progress(), painter], threads=threads)
        trainer = session.trainer
        if state is not None:
            snapshot.restore(trainer, state)
            if extended:
                trainer.stop_reason = None
        elif begun is not None and isinstance(built, Built):
            begun.copy(built, trainer.theta, trainer.buffers)
        with painter:
            with stop_on_signals(trainer):
                trainer.run()
                if trainer.signal is not None:
                    raise InterruptedRunError(
                        f"stopped at step {trainer.step} of {trainer.total_steps}; a checkpoint is written",
                        where=run.id, hint=f"dlcli train --resume {run.id} goes on exactly there",
                        signal=trainer.signal,
                    )
            if trainer.stop_reason is not None:
                ui.info(trainer.stop_reason)
                log.info(trainer.stop_reason)
            result = _conclude(session, loaded, time.monotonic() - started, painter, threads)
    except BaseException as error:
        _record(run, log, error)
        raise
    return result


def _conclude(session: Session, loaded: Loaded, seconds: float, painter: Painter, threads: int) -> Trained:
    """Evaluates on the test split with the weights that `evaluate` would take, and writes the summary."""
    run, built, trainer = session.run, session.built, session.trainer
    stopping = built.config.training.early_stopping
    name = "best" if run.checkpoint("best").exists() else "last"
    held = checkpoints.read(run.checkpoint(name))
    restored = stopping is not None and stopping.restore_best
    digest = held.weights_sha256 if restored else session.digest()
    columns = read_columns(run.history)
    epoch = int(columns["epoch"][-1]) if columns else trainer.epoch
    run.update_status(epoch=epoch, step=trainer.step, weights_sha256=digest)
    if columns:
        best = held.snapshot.state["epoch"]
        painter.paint(history_plot.draw, run.path / "plots" / "history.png", history=columns, best=best)
    test = None
    if loaded.test is not None and isinstance(built, Built):
        theta, buffers = trainer.theta.copy(), trainer.buffers.copy()
        snapshot.restore_weights(built.model, theta, buffers, held.snapshot, evaluated=True)
        test = measure(
            built, theta, buffers, loaded.test, run=run, split_name="test", checkpoint=name, painter=painter,
            threads=threads,
        )
    skipped = ("epoch", "step", "learning_rate", "seconds")
    trained = Trained(
        run=run, status="completed", epoch=epoch, step=trainer.step,
        metrics={name: values[-1] for name, values in columns.items() if name not in skipped},
        test=test, weights_sha256=digest, seconds=seconds,
        dataset=loaded.used.type_name(),
        wanted=None if loaded.fell_back is None else loaded.wanted,
        test_epoch=held.snapshot.state["epoch"], fold=loaded.used.fold,
    )
    painter.finish()
    files.write_json(run.summary, trained.as_dict())
    run.update_status(status="completed", finished=_now())
    return trained


def _record(run: RunDirectory, log: RunLog, error: BaseException) -> None:
    """Writes into the run how it ended."""
    stopped = isinstance(error, KeyboardInterrupt | InterruptedRunError)
    status = "diverged" if isinstance(error, DivergedError) else "interrupted" if stopped else "failed"
    text = str(error) if isinstance(error, DlcliError) else repr(error)
    log.warning(text)
    run.update_status(status=status, finished=_now(), error=text)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
