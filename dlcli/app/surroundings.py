"""Where dlcli works: folders and the network, from the environment and the command line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dlcli.core.dataset import DataEnv


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Folders as absolute paths. `data_dir` is None where DLCLI_DATA_DIR is not set."""

    runs_dir: Path
    data_dir: Path | None
    cache_dir: Path
    offline: bool
    cwd: Path

    @classmethod
    def of(cls, environ: Mapping[str, str], *, runs_dir: str | None = None) -> "Surroundings":
        """Reads DLCLI_RUNS_DIR, DLCLI_DATA_DIR, DLCLI_CACHE_DIR and DLCLI_OFFLINE; `runs_dir` beats the first."""
        cwd = Path.cwd()
        data_dir, cache_dir = environ.get("DLCLI_DATA_DIR"), environ.get("DLCLI_CACHE_DIR")
        if not cache_dir:
            from platformdirs import user_cache_dir

            cache_dir = user_cache_dir("dlcli", appauthor=False)
        return cls(
            runs_dir=cwd / Path(runs_dir or environ.get("DLCLI_RUNS_DIR") or "runs").expanduser(),
            data_dir=cwd / Path(data_dir).expanduser() if data_dir else None,
            cache_dir=cwd / Path(cache_dir).expanduser(),
            offline=environ.get("DLCLI_OFFLINE", "") not in ("", "0"),
            cwd=cwd,
        )

    def data_env(self, *, config_dir: Path | None, seed: int, warn: Callable[[str], None]) -> DataEnv:
        """What a data set may know of this; relative paths resolve against `config_dir`, then the working directory."""
        bases = (self.cwd,) if config_dir is None else (config_dir, self.cwd)
        return DataEnv(
            data_dir=self.data_dir, cache_dir=self.cache_dir, offline=self.offline, bases=bases, seed=seed, warn=warn,
        )
