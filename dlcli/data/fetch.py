"""Files of known content: found where the user put them, or fetched once and kept."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from dlcli.core.dataset import DataEnv
from dlcli.errors import DataError, DataUnavailableError

_REPLACE = "the file is damaged or was cut short; delete it, or put the original in its place"
T = TypeVar("T")


@dataclass(frozen=True)
class Mirror:
    """An address of a file: `kept_as` is the file's path below the cache; `md5` of what is sent, where it is known."""

    url: str
    kept_as: str
    md5: str = ""


def obtain(
    env: DataEnv,
    read: Callable[[Path], T],
    *,
    name: str,
    where: str,
    candidates: Sequence[str],
    mirrors: Sequence[Mirror],
    hint: str,
) -> T:
    """What `read` makes of a file: from the data directory, the cache, or a mirror, in this order.

    `candidates` are paths below the data directory and the cache. `read` raises DataError for a file that is damaged
    or another one; what was fetched is then fetched once more. Raises DataUnavailableError where there is none.
    """
    tried: list[str] = []
    if env.data_dir is None:
        tried.append("data directory: not set (DLCLI_DATA_DIR)")
    elif path := find(env.data_dir, candidates, name, tried):
        return read(path)
    if path := find(env.cache_dir, candidates, name, tried):
        try:
            return read(path)
        except DataError as error:  # what was fetched can be fetched again
            tried.append(f"{path}: {error.message}")
    if env.offline:
        tried.append("network: not used, since dlcli is offline (DLCLI_OFFLINE)")
        mirrors = ()
    for mirror in mirrors:
        damage = None
        for _ in range(2):
            try:
                return _fetched(mirror, env.cache_dir / mirror.kept_as, read)
            except DataError as error:
                damage = error
            except (OSError, ValueError) as error:
                tried.append(f"{mirror.url}: {_reason(error)}")
                break
        else:
            raise DataError(
                f"what was fetched is not {name}, twice in a row: {damage.message if damage else ''}",
                where=mirror.url, hint="look at what the address gives (a login page of the network?), then try again",
            )
    raise DataUnavailableError(
        f"{name} can neither be found nor fetched; tried\n" + "\n".join(f"    {line}" for line in tried),
        where=where, hint=hint,
    )


def find(base: Path, candidates: Sequence[str], name: str, tried: list[str]) -> Path | None:
    """The first candidate that lies below `base`; adds to `tried` where none does."""
    for candidate in candidates:
        if (base / candidate).is_file():
            return base / candidate
    folders = dict.fromkeys(str((base / candidate).parent) for candidate in candidates)
    tried.append(f"{' and '.join(folders)}: no {name}")
    return None


def _fetched(mirror: Mirror, target: Path, read: Callable[[Path], T]) -> T:
    """Fetches, and keeps in the cache what `read` could read."""
    from dlcli.data.download import download, unfinished

    with unfinished(target, mirror.url) as path:
        download(mirror.url, path)
        if mirror.md5:
            check_md5(path, mirror.md5)
        content = read(path)
        path.replace(target)
        return content


def check_md5(path: Path, expected: str) -> None:
    """Raises DataError where a file has another md5; that tells damage, and is all that some publishers give."""
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    if found != expected:
        raise DataError(f"expected md5 {expected}, found {found}", where=str(path), hint=_REPLACE)


def check_sha256(path: Path, expected: str) -> None:
    """Raises DataError where the decompressed content of a file has another sha256."""
    found = hashlib.sha256(decompressed(path)).hexdigest()
    if found != expected:
        raise DataError(f"expected sha256 {expected}, found {found}", where=str(path), hint=_REPLACE)


@dataclass(frozen=True)
class Collection:
    """Files that make up a data set, each found compressed or not.

    `folder` below the data and the cache directory, which may also be named as `aliases`; `files` maps names to the
    sha256 of the decompressed content, since the same content is found wrapped in different ways (empty where it
    is not known); `mirrors` are URLs of folders that hold the files as `NAME.gz`; `packed` maps names to the md5 of
    NAME.gz as published.
    """

    folder: str
    files: Mapping[str, str]
    mirrors: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    packed: Mapping[str, str] = field(default_factory=dict)

    def content(self, name: str, env: DataEnv) -> bytes:
        """The decompressed content of a file: from the data directory, the cache, or a mirror, in this order.

        Raises DataError for a damaged file, DataUnavailableError where there is none.
        """
        kept_as = f"{self.folder}/{name}.gz"
        return obtain(
            env, partial(self._content, name=name), name=f"{name}, compressed or not,", where=f"dataset {self.folder}",
            candidates=self._candidates(name), hint=self._by_hand(env),
            mirrors=[Mirror(f"{mirror}/{name}.gz", kept_as, self.packed.get(name, "")) for mirror in self.mirrors],
        )

    def place(self, name: str, env: DataEnv) -> Path | None:
        """Where a file lies already, in the data directory or the cache; its content is not looked at."""
        bases = (base for base in (env.data_dir, env.cache_dir) if base is not None)
        return next((path for base in bases if (path := find(base, self._candidates(name), name, []))), None)

    def _candidates(self, name: str) -> list[str]:
        dotted = name.replace("-idx", ".idx")
        files = dict.fromkeys((name, f"{name}.gz", dotted, f"{dotted}.gz"))
        return [f"{folder}/{file}" for folder in (self.folder, *self.aliases) for file in files]

    def _content(self, path: Path, *, name: str) -> bytes:
        content = decompressed(path)
        expected, found = self.files[name], hashlib.sha256(content).hexdigest()
        if expected and found != expected:
            raise DataError(
                f"not the content of {self.folder}'s {name}: expected sha256 {expected}, found {found}",
                where=str(path), hint="delete this file, or put the original in its place; "
                "data of your own in the same format can be used by way of {type: npz}",
            )
        return content

    def _by_hand(self, env: DataEnv) -> str:
        names = ", ".join(f"{name}.gz" for name in self.files)
        base = env.data_dir or Path("FOLDER")
        return (
            f"place {names} (compressed or not) in {base / self.folder} and set DLCLI_DATA_DIR={base}; "
            f"they can be had from {' or '.join(self.mirrors)}"
        )


def decompressed(path: Path) -> bytes:
    """The content of a file, unpacked where it is gzip. Raises DataError where it cannot be read or is cut short."""
    import gzip  # here, and not above: the data sets that can be fetched are described far more often than read
    import zlib

    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (EOFError, zlib.error, OSError) as error:
        raise DataError(
            f"cannot be read: {_reason(error)}", where=str(path), hint=_REPLACE,
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
