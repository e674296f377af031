"""Puts a trainer together from what was built and loaded, and takes checkpoints of it."""

from collections.abc import Sequence
from math import prod
from typing import Any

from dlcli.config.build import Built, resolved
from dlcli.config.build_any import AnyBuilt
from dlcli.config.build_gan import BuiltGan
from dlcli.core.callback import Callback
from dlcli.core.dataset import Split
from dlcli.core.streams import Streams
from dlcli.data.batches import Batches
from dlcli.data.load import Loaded
from dlcli.report.picture_sheet import is_picture
from dlcli.runs.checkpoint import Checkpoint
from dlcli.runs.checkpointer import Checkpointer
from dlcli.runs.directory import RunDirectory
from dlcli.runs.history import HistoryWriter
from dlcli.runs.sample_sheets import SampleSheets
from dlcli.runs.step_log import StepLog
from dlcli.train import snapshot
from dlcli.train.best import Best
from dlcli.train.callbacks.early_stopping import EarlyStopper
from dlcli.train.callbacks.reduce_on_plateau import PlateauReducer, plateau_of
from dlcli.train.gan import GanRecipe, GanTrainer
from dlcli.train.loop import Loop
from dlcli.train.trainer import Recipe, Trainer

EVALUATION_BATCH = 512  # rows a batch where nothing is learned: keeps BLAS busy, and still fits a cache
_LARGEST_BATCH = 1 << 23  # numbers; of large images fewer are looked at together, or outputs might not fit into memory


class Session:
    """A trainer that writes into a run directory."""

    def __init__(
        self, built: AnyBuilt, loaded: Loaded, run: RunDirectory, callbacks: Sequence[Callback], *, threads: int,
    ) -> None:
        self.built = built
        self.run = run
        self._config: dict[str, Any] = resolved(built.config)
        self._preprocessing = built.pipeline.state()
        config = built.config
        validation = None if isinstance(built, BuiltGan) else loaded.validation  # a GAN has nothing to validate
        checkpointing, stopping = config.training.checkpoint, config.training.early_stopping
        kept: list[Callback] = []
        if stopping is not None:
            kept.append(EarlyStopper(
                stopping.monitor, mode=stopping.mode or mode_of(stopping.monitor, built),
                patience=stopping.patience, min_delta=stopping.min_delta,
            ))
        plateau = plateau_of(config.schedule)
        if plateau is not None:
            kept.append(PlateauReducer(
                plateau, mode=plateau.mode or mode_of(plateau.monitor, built), base=config.optimizer.learning_rate,
            ))
        # The loss of an epoch is that of weights on their way: without validation the newest are the best known.
        monitor = "val_loss" if validation is not None else "epoch"
        if stopping is not None and stopping.restore_best:
            monitor = stopping.monitor
        monitor = checkpointing.monitor or monitor
        kept += [
            HistoryWriter(run.history),
            StepLog(run.steps),
            Checkpointer(
                run, self.checkpoint, Best(monitor, mode=mode_of(monitor, built)),
                every=checkpointing.every, keep=checkpointing.keep,
            ),
        ]
        self.trainer: Loop
        if isinstance(built, BuiltGan):
            self.trainer = gan = _gan_trainer(built, loaded, [*kept, *callbacks], threads)
            if is_picture(built.pipeline.out_shape) and built.spec.image:
                bounds, every = built.model.picture_bounds(), config.training.sample_every
                gan.callbacks = (SampleSheets(run.path / "samples", gan.pictures, bounds, every=every), *gan.callbacks)
        else:
            self.trainer = _trainer(built, loaded, [*kept, *callbacks], threads)

    def checkpoint(self) -> Checkpoint:
        """The state as it is now; its arrays change with the next step."""
        trainer = self.trainer
        return Checkpoint(
            snapshot=snapshot.take(trainer), config=self._config, spec=self.built.spec,
            preprocessing=self._preprocessing, weights_sha256=self.digest(),
        )

    def digest(self) -> str:
        """sha256 of the weights."""
        return self.built.model.digest(self.trainer.theta, self.trainer.buffers)


def _trainer(built: Built, loaded: Loaded, callbacks: Sequence[Callback], threads: int) -> Trainer:
    config = built.config
    recipe = Recipe(
        model=built.model, loss=built.loss, metrics=built.metrics, target=built.spec.target,
        optimizer=config.optimizer, schedule=config.schedule, regularizer=config.regularization,
        settings=config.training, threads=threads,
    )
    return Trainer(
        recipe, Streams(config.seed),
        batches(built, loaded.train, config.training.batch_size, augmented=True),
        None if loaded.validation is None else batches(built, loaded.validation, EVALUATION_BATCH),
        callbacks,
    )


def _gan_trainer(built: BuiltGan, loaded: Loaded, callbacks: Sequence[Callback], threads: int) -> GanTrainer:
    config = built.config
    recipe = GanRecipe(
        models=built.model, loss=built.loss, optimizers=built.optimizers, d_steps=built.d_steps,
        schedule=config.schedule, regularizer=config.regularization, settings=config.training, threads=threads,
    )
    return GanTrainer(
        recipe, Streams(config.seed), batches(built, loaded.train, config.training.batch_size, augmented=True),
        callbacks,
    )


def batches(built: AnyBuilt, split: Split, batch_size: int, *, augmented: bool = False) -> Batches:
    """Batches of a split as this model takes them; for training, `augmented` as the data set says."""
    if not augmented:
        batch_size = min(batch_size, max(1, _LARGEST_BATCH // prod(built.pipeline.out_shape)))
    return Batches(
        split, built.pipeline, built.spec, batch_size=batch_size, dtype=built.model.dtype,
        augmentation=built.config.dataset.augmentation if augmented else (),
    )


def mode_of(figure: str, built: AnyBuilt) -> str:
    """`max` where more of a figure is better, `min` where less is."""
    name = figure.removeprefix("val_")
    if name == "epoch":
        return "max"
    return built.metrics[name].mode if name in built.metrics else "min"
