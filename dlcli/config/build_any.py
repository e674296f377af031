"""Builds whatever a configuration trains: one model, or two against each other."""

from dlcli.config.build import Built, build
from dlcli.config.build_gan import BuiltGan, build_gan
from dlcli.config.schema import Config
from dlcli.config.source import Source
from dlcli.core.target import DataSpec

AnyBuilt = Built | BuiltGan


def build_any(config: Config, spec: DataSpec, source: Source, *, dtype: str | None = None) -> AnyBuilt:
    """Plans every shape; allocates nothing. Raises ConfigError with all that does not fit."""
    chosen = build if config.generator is None else build_gan
    return chosen(config, spec, source, dtype=dtype)
