"""Text files as chunks of UTF-8, whatever they are packed in and written in."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from dlcli.errors import DataError

CHUNK = 1 << 22  # bytes read at a time
_MARK = 4  # bytes that tell what kind of file it is
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def chunks(stream: BinaryIO, name: str, charset: str) -> Iterator[bytes]:
    """The text in UTF-8, gzip or not, without a mark at the beginning, lines ending in a line feed or both signs.

    Raises DataError for damaged files; for other encodings where `charset` is not UTF-8 itself.
    """
    decode = None if codecs.lookup(charset).name == "utf-8" else codecs.getincrementaldecoder(charset)().decode
    line, old = 1, False
    for number, chunk in enumerate(_unpacked(stream, name)):
        if decode is None and number == 0 and chunk.startswith(_UTF16):
            raise DataError(
                "is not text in UTF-8: it begins like text in UTF-16", where=name, hint="set dataset.charset: utf-16",
            )
        if decode is not None:
            try:
                chunk = decode(chunk).encode()
            except UnicodeDecodeError as error:
                refuse(error, name, line + chunk.count(b"\n", 0, error.start))
            line += chunk.count(b"\n")
        if number == 0:
            chunk = chunk.removeprefix(codecs.BOM_UTF8)
            old = b"\n" not in chunk and b"\r" in chunk[:-1]  # a carriage return alone ends a line
        yield chunk.replace(b"\r", b"\n") if old else chunk


def lead(text: Iterator[bytes]) -> bytes:
    """The beginning of a text, up to a line that is not blank at least, or all of it where there is none."""
    found = b""
    for chunk in text:
        found += chunk
        if b"\n" in found.lstrip():
            break
    return found


def refuse(error: UnicodeDecodeError, name: str, line: int) -> NoReturn:
    """Raises the DataError for text in another encoding."""
    raise DataError(
        f"is not text in {error.encoding.upper()}: {error.reason}", where=f"{name}, line {line}",
        hint="save the file in UTF-8, or say how it is written, such as dataset.charset: latin-1",
    ) from error


def _unpacked(stream: BinaryIO, name: str) -> Iterator[bytes]:
    first = stream.read(CHUNK)
    while 0 < len(first) < _MARK and (more := stream.read(CHUNK)):  # a pipe gives what it has
        first += more
    if not first.startswith(b"\x1f\x8b"):
        while first:
            yield first
            first = stream.read(CHUNK)
        return
    try:
        with gzip.GzipFile(fileobj=_Joined(first, stream)) as unpacked:
            while chunk := unpacked.read(CHUNK):
                yield chunk
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"is damaged: {error}", where=name, hint="fetch or write the file again") from error


class _Joined(io.RawIOBase):
    """What was read already, then the rest of a stream that cannot go back."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        self._first, self._rest = first, rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._first:
            taken = self._first if size < 0 else self._first[:size]
            self._first = self._first[len(taken):]
            return taken
        return self._rest.read(size)
