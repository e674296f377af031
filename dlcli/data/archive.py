"""Arrays in `.npy` and `.npz` files: their headers without the data, and the data mapped, or read row by row."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np

from dlcli.core.source import Content
from dlcli.data.file_rows import FileRows
from dlcli.errors import DataError

_MAPPED_FROM = 1 << 16  # bytes; a smaller array is read at once
READ_BY_ROWS_FROM = 1 << 28
"""Bytes from which on the rows of an array are read where they are needed, instead of taking up memory."""


@dataclass(frozen=True)
class Header:
    """What the header of an array file says."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool
    size: int
    """Bytes of the header: the data begins behind them."""

    @property
    def nbytes(self) -> int:
        """Bytes of the data."""
        return prod(self.shape) * self.dtype.itemsize


def headers(path: Path) -> dict[str, Header]:
    """The headers of the arrays in an `.npz` file, or of the `.npy` files in a folder, by name; reads no data.

    Raises DataError for what is neither.
    """
    if path.is_dir():
        return {file.stem: npy_header(file) for file in _files_in(path)}
    result = {}
    with _opened(path) as archive:
        for member in archive.namelist():
            name = member.removesuffix(".npy")
            with archive.open(member) as stream:
                result[name] = _header(stream, f"{path}, array {name}")
    return result


def npy_header(path: Path) -> Header:
    """The header of an `.npy` file. Raises DataError for what is none, or was cut short."""
    try:
        with path.open("rb") as stream:
            header = _header(stream, str(path))
            _check_size(header, stream.seek(0, 2) - header.size, str(path))
            return header
    except (OSError, ValueError, EOFError) as error:
        _damaged(path, error)


def load(path: Path, name: str, header: Header) -> np.ndarray:
    """One array of those that `headers` found: mapped into memory where it is stored uncompressed, else read."""
    if path.is_dir():
        return load_npy(path / f"{name}.npy")
    with _opened(path) as archive:
        member = archive.getinfo(f"{name}.npy")
        _check_size(header, member.file_size - header.size, f"{path}, array {name}")
        start = _start(path, member, header)
        if start is not None and header.nbytes >= _MAPPED_FROM:
            return np.asarray(np.memmap(path, header.dtype, "r", start, header.shape))
        with archive.open(member) as stream:
            return np.ascontiguousarray(np.lib.format.read_array(stream, allow_pickle=False))


def samples(path: Path, name: str, header: Header) -> Content:
    """The same, of a large one its rows where they are asked for."""
    if path.is_dir():
        return npy_samples(path / f"{name}.npy", header)
    array = load(path, name, header)
    if header.nbytes < READ_BY_ROWS_FROM:
        return array
    with _opened(path) as archive:
        start = _start(path, archive.getinfo(f"{name}.npy"), header)
    return array if start is None else FileRows(path, start=start, shape=header.shape, dtype=header.dtype)


def npy_samples(path: Path, header: Header) -> Content:
    """The array of an `.npy` file, of a large one its rows where they are asked for."""
    if header.nbytes < READ_BY_ROWS_FROM or header.fortran:
        return np.asarray(load_npy(path), order="C")
    return FileRows(path, start=header.size, shape=header.shape, dtype=header.dtype)


def arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an `.npz` file by name."""
    return {name: load(path, name, header) for name, header in headers(path).items()}


def load_npy(path: Path) -> np.ndarray:
    """The array of an `.npy` file, mapped into memory."""
    try:
        npy_header(path)
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        _damaged(path, error)


def _files_in(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.npy"))
    if not files:
        raise DataError(
            "the directory holds no .npy files", where=str(folder),
            hint="write x_train.npy, y_train.npy and so on into it with numpy.save, or give an .npz file",
        )
    return files


def _check_size(header: Header, found: int, where: str) -> None:
    if found != header.nbytes:
        raise DataError(
            f"an array of shape {header.shape} takes {header.nbytes} bytes; found {found}", where=where,
            hint="the file is damaged; write it again with numpy.save or numpy.savez",
        )


def _start(path: Path, member: zipfile.ZipInfo, header: Header) -> int | None:
    """Where the data of a member begins in the file; None where it is compressed, or not stored row by row.

    The header before the data may be longer than the one in the zip's directory.
    """
    if member.compress_type != zipfile.ZIP_STORED or header.fortran:
        return None
    with path.open("rb") as stream:
        stream.seek(member.header_offset)
        local = stream.read(30)
    name, extra = int.from_bytes(local[26:28], "little"), int.from_bytes(local[28:30], "little")
    return member.header_offset + 30 + name + extra + header.size


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
