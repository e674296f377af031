"""The archives of CIFAR: the binary one, of records, and the python one, of dictionaries."""

import hashlib
import tarfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dlcli.data.fetch import check_md5
from dlcli.data.inert import bytes_array, plain_data
from dlcli.errors import DataError

_PIXELS, _CLASSES = 3 * 32 * 32, 10
_HINT = "delete it, or put the original {} in its place"


class Images(NamedTuple):
    """x: (N, 32, 32, 3) uint8, y: (N,) class numbers."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Form:
    """One of the forms that CIFAR comes in.

    `archive` is its file, `md5` that of it as published, `folder` what lies in it; `files` are those of that folder,
    the last of them for the test, with the md5 of their content; either is empty where it is not published. `read`
    makes so many images of the content of a file.
    """

    archive: str
    md5: str
    folder: str
    files: Mapping[str, str]
    read: Callable[[bytes, int, str], Images]

    @property
    def candidates(self) -> tuple[str, ...]:
        """Where it may lie: the archive, or its first file unpacked."""
        return self.archive, f"{self.folder}/{next(iter(self.files))}"

    def is_at(self, path: Path) -> bool:
        """Whether a file is of this form, by its name."""
        return path.name in self.files or path.name.endswith(self.archive)

    def load(self, path: Path, *, records: int) -> dict[str, np.ndarray]:
        """x_train, y_train, x_test, y_test of the archive, or of the folder around the file `path`.

        Raises DataError for a damaged or another archive. Nothing is unpacked to disk, and no pickle is run.
        """
        if path.name in self.files:
            parts = {name: self._file(path.parent / name) for name in self.files}
        else:
            if self.md5:
                check_md5(path, self.md5)
            parts = self._members(path)
        images = [self._images(path, name, content, records) for name, content in parts.items()]
        *train, test = images
        return {
            "x_train": np.concatenate([part.x for part in train]),
            "y_train": np.concatenate([part.y for part in train]), "x_test": test.x, "y_test": test.y,
        }

    def _images(self, path: Path, name: str, content: bytes, records: int) -> Images:
        where, found = f"{path}, {name}", hashlib.md5(content, usedforsecurity=False).hexdigest()
        if self.files[name] and found != self.files[name]:
            raise DataError(f"expected md5 {self.files[name]}, found {found}", where=where, hint=self._hint())
        return self.read(content, records, where)

    def _hint(self) -> str:
        return _HINT.format(self.archive)

    def _file(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise DataError(
                f"cannot be read: {error.strerror}", where=str(path), hint=f"place all of {', '.join(self.files)}",
            ) from error

    def _members(self, path: Path) -> dict[str, bytes]:
        wanted = {f"{self.folder}/{name}": name for name in self.files}
        parts: dict[str, bytes] = {}
        try:
            with tarfile.open(path, "r:*") as archive:
                for member in archive:
                    stream = archive.extractfile(member) if member.name in wanted else None
                    if stream is not None:
                        parts[wanted[member.name]] = stream.read()
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            raise DataError(f"cannot be read as an archive: {error}", where=str(path), hint=self._hint()) from error
        missing = [name for name in wanted.values() if name not in parts]
        if missing:
            raise DataError(f"the archive lacks {', '.join(missing)}", where=str(path), hint=self._hint())
        return {name: parts[name] for name in self.files}


def read_records(content: bytes, records: int, where: str) -> Images:
    """Records of a label and three planes of 32 x 32 bytes. Raises DataError for another number of them."""
    size = 1 + _PIXELS
    if len(content) != records * size:
        raise DataError(
            f"expected {records} records of {size} bytes; found {len(content)} bytes", where=where,
            hint="put the original in its place",
        )
    table = np.frombuffer(content, np.uint8).reshape(records, size)
    return _images(table[:, 1:], table[:, 0], where)


def read_dictionary(content: bytes, records: int, where: str) -> Images:
    """A dictionary as Python pickled it: `data` (N, 3072) bytes, `labels` N numbers; see `inert`."""
    found = plain_data(content, where)
    named = {key.decode("latin-1") if isinstance(key, bytes) else key: value for key, value in found.items()} \
        if isinstance(found, dict) else {}
    labels = named.get("labels")
    pixels = bytes_array(named.get("data"), where)
    whole = isinstance(labels, list) and all(type(label) is int for label in labels)
    if not whole or pixels.shape != (records, _PIXELS) or len(labels) != records:  # type: ignore[arg-type]
        raise DataError(
            f"expected {records} images of {_PIXELS} bytes with a label each; found data of shape {pixels.shape}",
            where=where, hint="put the original in its place",
        )
    return _images(pixels, np.array(labels), where)


def _images(pixels: np.ndarray, labels: np.ndarray, where: str) -> Images:
    if labels.min() < 0 or labels.max() >= _CLASSES:
        raise DataError(
            f"found label {labels.max()}; labels go from 0 to {_CLASSES - 1}", where=where,
            hint="put the original in its place",
        )
    planes = pixels.reshape(len(pixels), 3, 32, 32)
    return Images(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels.astype(np.intp))


BINARY = Form(
    "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", "cifar-10-batches-bin",
    {**{f"data_batch_{number}.bin": "" for number in range(1, 6)}, "test_batch.bin": ""}, read_records,
)
PYTHON = Form(
    "cifar-10-python.tar.gz", "", "cifar-10-batches-py",
    {
        "data_batch_1": "c99cafc152244af753f735de768cd75f", "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751", "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb", "test_batch": "40351d587109b95175f43aff81a1287e",
    },
    read_dictionary,
)
