"""The binary form of CIFAR: records of a label and three planes of 32 x 32 bytes."""

import tarfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dlcli.data.fetch import check_md5
from dlcli.errors import DataError

FOLDER = "cifar-10-batches-bin"
TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = "test_batch.bin"
_RECORD, _CLASSES = 1 + 3 * 32 * 32, 10
_HINT = "delete it, or put the original cifar-10-binary.tar.gz in its place"


class Images(NamedTuple):
    """x: (N, 32, 32, 3) uint8, y: (N,) class numbers."""

    x: np.ndarray
    y: np.ndarray


def read(path: Path, *, records: int, md5: str) -> tuple[Images, Images]:
    """(train, test) of the archive, or of the folder around one of its files; each file holds `records`.

    Raises DataError for a damaged or another archive. Nothing is unpacked to disk, and no pickle is read.
    """
    if path.suffix == ".bin":
        parts = {name: _file(path.parent / name) for name in (*TRAIN, TEST)}
    else:
        if md5:
            check_md5(path, md5)
        parts = _members(path)
    images = {name: _images(content, records, f"{path}, {name}") for name, content in parts.items()}
    train = Images(
        np.concatenate([images[name].x for name in TRAIN]), np.concatenate([images[name].y for name in TRAIN]),
    )
    return train, images[TEST]


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"cannot be read: {error.strerror}", where=str(path), hint=f"place all of {', '.join(TRAIN)} and {TEST}",
        ) from error


def _members(path: Path) -> dict[str, bytes]:
    wanted = {f"{FOLDER}/{name}": name for name in (*TRAIN, TEST)}
    parts: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:*") as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.name in wanted else None
                if stream is not None:
                    parts[wanted[member.name]] = stream.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"cannot be read as an archive: {error}", where=str(path), hint=_HINT) from error
    missing = [name for name in wanted.values() if name not in parts]
    if missing:
        raise DataError(f"the archive lacks {', '.join(missing)}", where=str(path), hint=_HINT)
    return parts


def _images(content: bytes, records: int, where: str) -> Images:
    if len(content) != records * _RECORD:
        raise DataError(
            f"expected {records} records of {_RECORD} bytes; found {len(content)} bytes", where=where, hint=_HINT,
        )
    table = np.frombuffer(content, np.uint8).reshape(records, _RECORD)
    labels = table[:, 0]
    if labels.max() >= _CLASSES:
        raise DataError(f"found label {labels.max()}; labels go from 0 to {_CLASSES - 1}", where=where, hint=_HINT)
    planes = table[:, 1:].reshape(records, 3, 32, 32)
    return Images(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels.astype(np.intp))
