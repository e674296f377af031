"""Arrays in `.npy` and `.npz` files: their headers without the data, and the data mapped where it can be."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np

from dlcli.errors import DataError

_MAPPED_FROM = 1 << 16  # bytes; a smaller array is read at once


@dataclass(frozen=True)
class Header:
    """What the header of an array file says."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool
    size: int
    """Bytes of the header: the data begins behind them."""


def headers(path: Path) -> dict[str, Header]:
    """The headers of the arrays in an `.npz` file by name; reads no data. Raises DataError for what is no such file."""
    result = {}
    with _opened(path) as archive:
        for member in archive.namelist():
            name = member.removesuffix(".npy")
            with archive.open(member) as stream:
                result[name] = _header(stream, f"{path}, array {name}")
    return result


def load(path: Path, name: str, header: Header) -> np.ndarray:
    """One array of an `.npz` file: mapped into memory where it is stored uncompressed, else read."""
    with _opened(path) as archive:
        member = archive.getinfo(f"{name}.npy")
        wanted = prod(header.shape) * header.dtype.itemsize
        if member.file_size != header.size + wanted:
            raise DataError(
                f"an array of shape {header.shape} takes {wanted} bytes; found {member.file_size - header.size}",
                where=f"{path}, array {name}", hint="the file is damaged; write it again with numpy.savez",
            )
        if member.compress_type == zipfile.ZIP_STORED and not header.fortran and wanted >= _MAPPED_FROM:
            start = _data_start(path, member) + header.size
            return np.asarray(np.memmap(path, header.dtype, "r", start, header.shape))
        with archive.open(member) as stream:
            return np.ascontiguousarray(np.lib.format.read_array(stream, allow_pickle=False))


def arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an `.npz` file by name."""
    return {name: load(path, name, header) for name, header in headers(path).items()}


def load_npy(path: Path) -> np.ndarray:
    """The array of an `.npy` file, mapped into memory."""
    try:
        with path.open("rb") as stream:
            _header(stream, str(path))
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        _damaged(path, error)


def _data_start(path: Path, member: zipfile.ZipInfo) -> int:
    """Where a stored member begins. The header before the data may be longer than the one in the zip's directory."""
    with path.open("rb") as stream:
        stream.seek(member.header_offset)
        local = stream.read(30)
    name, extra = int.from_bytes(local[26:28], "little"), int.from_bytes(local[28:30], "little")
    return member.header_offset + 30 + name + extra


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (OSError, ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        _damaged(path, error)


def _header(stream: IO[bytes], where: str) -> Header:
    version = np.lib.format.read_magic(stream)
    readers: dict[tuple[int, int], Any] = {
        (1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"array format version {version} is not known")
    shape, fortran, dtype = readers[version](stream)
    if dtype.kind not in "buif":
        kind = "pickled Python objects, which could run code" if dtype.hasobject else f"values of type {dtype}"
        raise DataError(
            f"expected numbers, found {kind}", where=where,
            hint="convert it with numpy.asarray(..., dtype=float) or number its labels, and write the file again",
        )
    return Header(shape, dtype, fortran, stream.tell())


def _damaged(path: Path, error: Exception) -> NoReturn:
    if path.is_dir():
        reason = "it is a directory"
    else:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    raise DataError(
        f"cannot be read as an array file: {reason}", where=str(path),
        hint="give a file written with numpy.save, numpy.savez or numpy.savez_compressed",
    ) from error
