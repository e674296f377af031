"""Files of known content: found where the user put them, or fetched once and kept."""

import gzip
import hashlib
import os
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dlcli.core.dataset import DataEnv
from dlcli.errors import DataError, DataUnavailableError

_TIMEOUT = (10, 60)  # seconds until a connection stands, and between two pieces of data


@dataclass(frozen=True)
class Collection:
    """Files that make up a data set.

    `folder` below the data and the cache directory; `files` maps names to the sha256 of the
    decompressed content, since the same content is found wrapped in different ways; `mirrors` are
    URLs of folders that hold the files as `NAME.gz`.
    """

    folder: str
    files: Mapping[str, str]
    mirrors: tuple[str, ...]

    def content(self, name: str, env: DataEnv) -> bytes:
        """The decompressed content of a file: from the data directory, the cache, or a mirror, in this order.

        Raises DataError for a damaged file, DataUnavailableError where there is none.
        """
        tried: list[str] = []
        if env.data_dir is None:
            tried.append("data directory: not set (DLCLI_DATA_DIR)")
        else:
            path = self._find(env.data_dir, name, tried)
            if path is not None:
                return self._placed(path, name)
        path = self._find(env.cache_dir, name, tried)
        if path is not None:
            try:
                return self._placed(path, name)
            except DataError as error:  # what was fetched can be fetched again
                tried.append(f"{path}: {error.message}")
        if env.offline:
            tried.append("network: not used, since dlcli is offline (DLCLI_OFFLINE)")
        else:
            content = self._fetched(name, env.cache_dir / self.folder, tried)
            if content is not None:
                return content
        raise DataUnavailableError(
            f"{name} can neither be found nor fetched; tried\n" + "\n".join(f"    {line}" for line in tried),
            where=f"dataset {self.folder}", hint=self._by_hand(env),
        )

    def place(self, name: str, env: DataEnv) -> Path | None:
        """Where a file lies already, in the data directory or the cache; its content is not looked at."""
        bases = (base for base in (env.data_dir, env.cache_dir) if base is not None)
        return next((path for base in bases if (path := self._find(base, name, []))), None)

    def _find(self, base: Path, name: str, tried: list[str]) -> Path | None:
        folder = base / self.folder
        dotted = name.replace("-idx", ".idx")
        for candidate in dict.fromkeys((name, f"{name}.gz", dotted, f"{dotted}.gz")):
            if (folder / candidate).is_file():
                return folder / candidate
        tried.append(f"{folder}: no {name}, compressed or not")
        return None

    def _placed(self, path: Path, name: str) -> bytes:
        content = decompressed(path)
        found = hashlib.sha256(content).hexdigest()
        if found != self.files[name]:
            raise DataError(
                f"not the content of {self.folder}'s {name}: expected sha256 {self.files[name]}, found {found}",
                where=str(path), hint="delete this file, or put the original in its place; "
                "data of your own in the same format can be used by way of {type: npz}",
            )
        return content

    def _fetched(self, name: str, folder: Path, tried: list[str]) -> bytes | None:
        for mirror in self.mirrors:
            url = f"{mirror}/{name}.gz"
            damage = ""
            for _ in range(2):
                try:
                    content, damage = self._fetch(url, name, folder)
                except (OSError, ValueError) as error:
                    tried.append(f"{url}: {_reason(error)}")
                    break
                if not damage:
                    return content
            else:
                raise DataError(
                    f"what was fetched is not {name}, twice in a row: {damage}", where=url,
                    hint="look at what the address gives (a login page of the network?), then try again",
                )
        return None

    def _fetch(self, url: str, name: str, folder: Path) -> tuple[bytes, str]:
        """(content, what is wrong with it); kept in the cache where nothing is."""
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
        os.close(handle)
        path = Path(temporary)
        try:
            download(url, path)
            try:
                content = self._placed(path, name)
            except DataError as error:
                return b"", error.message
            path.replace(folder / f"{name}.gz")
            return content, ""
        finally:
            path.unlink(missing_ok=True)

    def _by_hand(self, env: DataEnv) -> str:
        names = ", ".join(f"{name}.gz" for name in self.files)
        base = env.data_dir or Path("FOLDER")
        return (
            f"place {names} (compressed or not) in {base / self.folder} and set DLCLI_DATA_DIR={base}; "
            f"they can be had from {' or '.join(self.mirrors)}"
        )


def download(url: str, path: Path) -> None:
    """Writes what `url` gives to `path`. Raises OSError or ValueError where that fails."""
    import pooch  # slow to import, and seldom needed

    pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=_TIMEOUT)(url, str(path), None)


def decompressed(path: Path) -> bytes:
    """The content of a file, unpacked where it is gzip. Raises DataError where it cannot be read or is cut short."""
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (EOFError, zlib.error, OSError) as error:
        raise DataError(
            f"cannot be read: {_reason(error)}", where=str(path),
            hint="the file is damaged or was cut short; delete it, or put the original in its place",
        ) from error


def _reason(error: Exception) -> str:
    """The first line of the innermost cause; HTTP libraries wrap it several times."""
    causes = list(_causes(error))
    text = str(causes[-1]) or type(causes[-1]).__name__
    return text.splitlines()[0]


def _causes(error: BaseException) -> Iterator[BaseException]:
    yield error
    inner = error.__cause__ or error.__context__
    if inner is not None:
        yield from _causes(inner)
