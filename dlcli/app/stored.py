"""A trained model as it was stored with its run."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dlcli import files
from dlcli.app import configure, loading
from dlcli.app.configure import Configured
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config.build import Built, build
from dlcli.data.fingerprint import fingerprint
from dlcli.data.load import Loaded
from dlcli.errors import DataError, UsageError
from dlcli.runs import checkpoint as checkpoints
from dlcli.runs.checkpoint import Checkpoint
from dlcli.runs.directory import RunDirectory
from dlcli.runs.lookup import Found
from dlcli.train.snapshot import restore_weights


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A model with its weights and its fitted preprocessing; `name` is the checkpoint's."""

    name: str
    run: RunDirectory
    configured: Configured
    built: Built
    theta: np.ndarray
    buffers: np.ndarray

    def load_data(self, surroundings: Surroundings, ui: Ui) -> Loaded:
        """The very data that the run was trained on. Raises DataError where it is no longer the same."""
        return load_same(self.run, self.configured, surroundings, ui)


def stored(found: Found, name: str | None, surroundings: Surroundings, ui: Ui) -> Stored:
    """The checkpoint `name` of a run: `best`, `last` or a path; by default the best, or the last where none is."""
    path, held, configured = opened(found, name)
    if configured.config.generator is not None:
        raise UsageError(
            "the run is a GAN: it makes samples, and answers no questions that could be right or wrong",
            where=found.run.id, hint=f"`dlcli generate {found.run.id} -o samples.png` draws what it makes",
        )
    built = build(configured.config, held.spec, configured.source)
    built.pipeline.restore(held.preprocessing)
    theta, buffers = built.model.layout.zeros(built.model.dtype), built.model.buffers.zeros(built.model.dtype)
    restore_weights(built.model, theta, buffers, held.snapshot)
    verify(built.model.digest(theta, buffers), held, path)
    restore_weights(built.model, theta, buffers, held.snapshot, evaluated=True)
    return Stored(
        name=path.stem, run=found.run, configured=configured, built=built, theta=theta, buffers=buffers,
    )


def opened(found: Found, name: str | None) -> tuple[Path, Checkpoint, Configured]:
    """The file of a checkpoint, what is in it, and the configuration that it was made with."""
    path = _path(found, name)
    held = checkpoints.read(path)
    return path, held, configure.read_text(json.dumps(held.config), str(found.run.resolved), folder=None)


def verify(digest: str, held: Checkpoint, path: Path) -> None:
    """Raises DataError where weights that were read are not those that were written."""
    if digest != held.weights_sha256:
        raise DataError(
            f"the weights are not those that were written: expected sha256 {held.weights_sha256}, found {digest}",
            where=str(path), hint="the file is damaged; use another checkpoint of the run",
        )


def load_same(run: RunDirectory, configured: Configured, surroundings: Surroundings, ui: Ui) -> Loaded:
    """Loads the data that a run was trained on: its fallback where it was that, even if the wanted data is there now.

    Raises DataError where the samples are no longer the same.
    """
    recorded = files.read_json(run.environment)["data"]
    wanted, reason = configured.config.dataset.type_name(), recorded.get("fell_back")
    if reason is not None:
        configured = loading.fallen_back(configured, recorded["fallbacks"])
    loaded = loading.load_data(configured, surroundings, ui)
    if reason is not None:
        loaded = replace(loaded, wanted=recorded.get("wanted", wanted), fell_back=reason)
    if fingerprint(loaded)["sha256"] != recorded["sha256"]:
        raise DataError(
            "the data is no longer what the run was trained on: its fingerprint differs from that in environment.json",
            where=f"dataset {recorded['dataset']}",
            hint="put the original data back, or train a new run",
        )
    if recorded.get("cut"):
        loaded = loading.two_batches(loaded, configured.config.training.batch_size)
    return loaded


def _path(found: Found, name: str | None) -> Path:
    if name is None:
        if found.checkpoint is not None:
            return found.checkpoint
        best = found.run.checkpoint("best")
        return best if best.exists() else found.run.checkpoint("last")
    if name in ("best", "last"):
        return found.run.checkpoint(name)
    return Path(name).expanduser()
