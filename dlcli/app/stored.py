"""A trained model as it was stored with its run."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dlcli import files
from dlcli.app import configure
from dlcli.app.configure import Configured
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config.build import Built, build
from dlcli.data.fingerprint import fingerprint
from dlcli.data.load import Loaded
from dlcli.errors import DataError
from dlcli.runs import checkpoint as checkpoints
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
    path = _path(found, name)
    held = checkpoints.read(path)
    configured = configure.read_text(json.dumps(held.config), str(found.run.resolved), folder=None)
    built = build(configured.config, held.spec, configured.source)
    built.pipeline.restore(held.preprocessing)
    theta, buffers = built.model.layout.zeros(built.model.dtype), built.model.buffers.zeros(built.model.dtype)
    restore_weights(built.model, theta, buffers, held.snapshot, evaluated=True)
    return Stored(
        name=path.stem, run=found.run, configured=configured, built=built, theta=theta, buffers=buffers,
    )


def load_same(run: RunDirectory, configured: Configured, surroundings: Surroundings, ui: Ui) -> Loaded:
    """Loads the data that a run was trained on: its fallback where it was that, even if the wanted data is there now.

    Raises DataError where the samples are no longer the same.
    """
    recorded = files.read_json(run.environment)["data"]
    wanted, reason = configured.config.dataset.type_name(), recorded.get("fell_back")
    if reason is not None:
        configured = configure.fallen_back(configured, recorded["dataset"])
    loaded = configure.load_data(configured, surroundings, ui)
    if reason is not None:
        loaded = replace(loaded, wanted=recorded.get("wanted", wanted), fell_back=reason)
    if fingerprint(loaded)["sha256"] != recorded["sha256"]:
        raise DataError(
            "the data is no longer what the run was trained on: its fingerprint differs from that in environment.json",
            where=f"dataset {recorded['dataset']}",
            hint="put the original data back, or train a new run",
        )
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
