"""Builds whatever a configuration trains: one model, or two against each other."""

from typing import TYPE_CHECKING, TypeAlias

from dlcli.config.build import Built, build
from dlcli.config.schema import Config
from dlcli.config.source import Source
from dlcli.core.target import DataSpec

if TYPE_CHECKING:
    from dlcli.config.build_gan import BuiltGan

AnyBuilt: TypeAlias = "Built | BuiltGan"


def build_any(config: Config, spec: DataSpec, source: Source, *, dtype: str | None = None) -> AnyBuilt:
    """Plans every shape; allocates nothing. Raises ConfigError with all that does not fit."""
    if config.generator is None:
        return build(config, spec, source, dtype=dtype)
    from dlcli.config.build_gan import build_gan

    return build_gan(config, spec, source, dtype=dtype)
