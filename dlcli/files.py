"""Files that are either the old ones or complete new ones, never half of one."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dlcli.errors import DataError


@contextmanager
def replacing(path: str | Path, *, sync: bool = False) -> Iterator[Path]:
    """A temporary path beside `path`; at the end of the block it takes the place of `path`.

    Where the block raises, the temporary file goes and `path` stays as it was. Missing folders are
    made. With `sync` the content is on disk before the name changes, and the name before this returns.
    Raises OSError where the folder cannot be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        if sync:
            _sync(temporary)
        temporary.replace(path)
        if sync:
            _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Replaces the file `path` by one with this content."""
    with replacing(path, sync=sync) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, data: Any, *, sync: bool = True) -> None:
    """Replaces the file `path` by `data` as JSON. NaN is written as null: JSON has none."""
    write_bytes(path, (json.dumps(finite(data), indent=2) + "\n").encode(), sync=sync)


def read_json(path: Path) -> Any:
    """The data of a JSON file. Raises DataError where it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError("expected a JSON file; there is none", where=str(path)) from None
    except (ValueError, OSError) as error:
        raise DataError(f"expected a JSON file; {error}", where=str(path)) from None


def finite(data: Any) -> Any:
    """The same data with null in the place of NaN and infinities."""
    if isinstance(data, dict):
        return {key: finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [finite(value) for value in data]
    if isinstance(data, float) and (data != data or data in (float("inf"), float("-inf"))):
        return None
    return data


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
