"""One file of known content that makes up a data set, found under several names and in several forms."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dlcli.core.dataset import DataEnv
from dlcli.data.fetch import Mirror, find, obtain

T = TypeVar("T")


@dataclass(frozen=True)
class Single:
    """`name` is the data set's; `candidates` are paths below the data and the cache directory, the first of them the
    one to tell people; `mirrors` say where it can be had; `check` raises DataError for a file that is another one.
    """

    name: str
    candidates: tuple[str, ...]
    mirrors: tuple[Mirror, ...]
    check: Callable[[Path], object]

    @property
    def files(self) -> tuple[str, ...]:
        """What the data set is made of."""
        return self.candidates[:1]

    def place(self, name: str, env: DataEnv) -> Path | None:
        """Where the file lies already; its content is not looked at."""
        bases = (base for base in (env.data_dir, env.cache_dir) if base is not None)
        return next((path for base in bases if (path := find(base, self.candidates, name, []))), None)

    def content(self, name: str, env: DataEnv) -> object:
        """Fetches the file where it is not there yet, and checks it."""
        return self.read(env, self.check)

    def read(self, env: DataEnv, reader: Callable[[Path], T]) -> T:
        """What `reader` makes of the file. Raises DataUnavailableError, and what `reader` raises for a damaged file."""
        base = env.data_dir or Path("FOLDER")
        urls = " or ".join(mirror.url for mirror in self.mirrors)
        return obtain(
            env, reader, name=" or ".join(dict.fromkeys(Path(c).name for c in self.candidates)),
            where=f"dataset {self.name}", candidates=self.candidates, mirrors=self.mirrors,
            hint=f"place it as {base / self.candidates[0]} and set DLCLI_DATA_DIR={base}; it can be had from {urls}",
        )
