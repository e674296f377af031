"""From a YAML file and overrides to a configuration and a model; reads no data."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config.build_any import AnyBuilt, build_any
from dlcli.config.load import load, loads
from dlcli.config.overrides import apply
from dlcli.config.schema import Config
from dlcli.config.source import Source
from dlcli.config.validate import validate
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.core.target import DataSpec


@dataclass(frozen=True, kw_only=True)
class Configured:
    """A valid configuration; `source` tells the lines, `folder` is where its relative paths start."""

    source: Source
    config: Config
    folder: Path | None


def read(path: Path, overrides: Sequence[str] = (), **changes: Any) -> Configured:
    """Reads and validates a file; `changes` are top-level keys given by flags, such as `seed`."""
    return _configured(load(path), overrides, changes, path.resolve().parent)


def read_text(text: str, name: str, overrides: Sequence[str] = (), *, folder: Path | None) -> Configured:
    """Validates a configuration that was stored with a run."""
    return _configured(loads(text, name), overrides, {}, folder)


def _configured(source: Source, overrides: Sequence[str], changes: dict[str, Any], folder: Path | None) -> Configured:
    given = [f"{key}={value}" for key, value in changes.items() if value is not None]
    source = apply(source, [*overrides, *given])
    return Configured(source=source, config=validate(source), folder=folder)


def describe(configured: Configured, surroundings: Surroundings, ui: Ui) -> DataSpec | None:
    """What a sample looks like, found without reading the data; None where only the data tells."""
    env = surroundings.data_env(config_dir=configured.folder, seed=configured.config.seed, warn=ui.warn)
    return configured.config.dataset.describe(env)


def plan(configured: Configured, surroundings: Surroundings, ui: Ui) -> "AnyBuilt | None":
    """All shapes, checked without reading the data; None where only the data tells them."""
    spec = describe(configured, surroundings, ui)
    return None if spec is None else build_any(configured.config, spec, configured.source)


def rooted(configured: Configured, surroundings: Surroundings) -> Configured:
    """The configuration with absolute paths, so that it means the same data from anywhere."""
    env = surroundings.data_env(config_dir=configured.folder, seed=0, warn=lambda _text: None)
    return replace(configured, config=replace(configured.config, dataset=absolute(configured.config.dataset, env)))


def absolute(dataset: Dataset, env: DataEnv) -> Dataset:
    """The data set with absolute paths, also in its fallbacks."""
    paths = {f.name: getattr(dataset, f.name) for f in fields(dataset) if f.name == "path" or f.name.endswith("_path")}
    changes: dict[str, Any] = {
        name: str(env.resolve(path).absolute()) for name, path in paths.items() if isinstance(path, str)
    }
    if dataset.fallback is not None:
        changes["fallback"] = absolute(dataset.fallback, env)
    return replace(dataset, **changes)
