"""Arrays that took long to get out of an archive, kept beside it in a form that is read at once."""

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from dlcli.files import replacing

Arrays = Mapping[str, np.ndarray]


def unpacked(archive: Path, folder: Path, unpack: Callable[[Path], Arrays]) -> Arrays:
    """What `unpack` makes of an archive, from `folder` where it was made of the same file before.

    The same is a file of the same size, written at the same time. The copy has checksums, and is made anew where they
    do not hold. A folder that cannot be written is no mistake: then the archive is unpacked each time.
    """
    status = archive.stat()
    stamp = hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:16]
    kept = folder / f"unpacked-{stamp}.npz"
    if kept.exists() and (found := _read(kept)) is not None:
        return found
    made = unpack(archive)
    try:
        for old in folder.glob("unpacked-*.npz"):
            old.unlink(missing_ok=True)
        with replacing(kept) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **made)
    except OSError:
        return made
    return made


def _read(kept: Path) -> Arrays | None:
    """The arrays of the copy, in memory; None where it is damaged."""
    try:
        with kept.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error):
        return None
