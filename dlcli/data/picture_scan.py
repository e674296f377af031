"""A first look at every image of a folder: what its content is, and whether it decodes."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import PIL

from dlcli import files
from dlcli.core.target import Picture
from dlcli.data.ahead import ahead, cores
from dlcli.data.images import UndecodableError, decode
from dlcli.data.picture_files import Folder
from dlcli.errors import DataError

_CHUNK = 64  # images that a thread takes at a time


class Look(NamedTuple):
    """One image file: sha256 of its content as text, and why it does not decode, empty where it does."""

    sha256: str
    damage: str


def look(
    folder: Folder, names: Sequence[str], shape: tuple[int, ...], picture: Picture | None, *, into: np.ndarray | None,
    index: Path,
) -> list[Look]:
    """Looks at all files, with all processors. Decoded images are written to `into`, where that is given.

    Otherwise what was seen is kept in the file `index`, and files that have not changed since are not read again.
    """
    if into is not None:
        return _looked(folder, names, shape, picture, into)
    key = f"pillow {PIL.__version__} {shape} {picture}"
    seen = _kept(index, key)
    stamps = [folder.stamp(name) for name in names]
    new = [name for name, stamp in zip(names, stamps, strict=True) if seen.get(name, (None,))[0] != list(stamp)]
    fresh = dict(zip(new, _looked(folder, new, shape, picture, None), strict=True))
    found = [fresh[name] if name in fresh else Look(*seen[name][1:]) for name in names]
    if new:
        lines = {name: (stamp, *one) for name, stamp, one in zip(names, stamps, found, strict=True)}
        _keep(index, {"key": key, "files": seen | lines})
    return found


def _looked(
    folder: Folder, names: Sequence[str], shape: tuple[int, ...], picture: Picture | None, into: np.ndarray | None,
) -> list[Look]:
    def several(start: int) -> list[Look]:
        return list(_each(folder, names, start, shape, picture, into))

    jobs: Iterator[Callable[[], list[Look]]] = (partial(several, start) for start in range(0, len(names), _CHUNK))
    threads = cores()
    with ahead(jobs, threads=threads, depth=2 * threads) as chunks:
        return [one for chunk in chunks for one in chunk]


def _each(
    folder: Folder, names: Sequence[str], start: int, shape: tuple[int, ...], picture: Picture | None,
    into: np.ndarray | None,
) -> Iterator[Look]:
    for row, name in enumerate(names[start:start + _CHUNK], start):
        content = content_of(folder, name)
        damage = ""
        try:
            pixels = decode(io.BytesIO(content), shape, picture)
            if into is not None:
                into[row] = pixels
        except UndecodableError as error:
            damage = str(error)
        yield Look(hashlib.sha256(content).hexdigest(), damage)


def content_of(folder: Folder, name: str) -> bytes:
    """The content of a file. Raises DataError where it cannot be read."""
    try:
        return folder.read(name)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise DataError(
            f"cannot be read: {getattr(error, 'strerror', None) or error}", where=folder.where(name),
            hint="look at the file and its permissions",
        ) from error


def _kept(index: Path, key: str) -> dict[str, Any]:
    try:
        data = json.loads(index.read_text(encoding="utf-8"))
        return data["files"] if data["key"] == key else {}
    except (OSError, ValueError, KeyError, TypeError):  # none yet, or damaged: it only saves time
        return {}


def _keep(index: Path, data: dict[str, Any]) -> None:
    try:
        files.write_bytes(index, json.dumps(data).encode(), sync=False)
    except OSError:  # such as a cache that may not be written: all is read again the next time
        return
