"""Fetching a file over HTTP: in several pieces where the connection breaks, also from one command to the next."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dlcli.errors import DataError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_TIMEOUT = (10, 60)  # seconds until a connection stands, and between two pieces of data
_ATTEMPTS = 5  # as long as each changes something
_CHUNK = 1 << 16


def download(url: str, path: Path) -> None:
    """Writes what `url` gives to `path`; a beginning of it that is there already is kept, where the server agrees.

    Raises OSError or ValueError where that fails; what has come so far is then left for the next time.
    """
    for attempt in range(_ATTEMPTS):
        before = _size(path)
        try:
            _go_on(url, path)
            return
        except OSError:
            if attempt == _ATTEMPTS - 1 or _size(path) == before:
                raise


@contextmanager
def unfinished(target: Path, url: str) -> Iterator[Path]:
    """A file beside `target` for what comes from `url`; it stays where fetching was broken off, for the next time.

    What the block finds to be wrong (DataError, ValueError) does not stay. The name ends like the target's, since a
    reader may go by it. Another process that fetches the same at the same time gets a file of its own, which does not
    stay.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    path = target.with_name(f".fetching.{hashlib.sha256(url.encode()).hexdigest()[:8]}.{target.name}")
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644) if fcntl else -1
    shared = handle < 0 or not _locked(handle)
    if shared:
        own, name = tempfile.mkstemp(prefix=".fetching.", suffix=f".{target.name}", dir=target.parent)
        os.close(own)
        path = Path(name)
    keep = False
    try:
        yield path
    except (DataError, ValueError):
        raise
    except BaseException:  # the connection, or the user
        keep = not shared and _size(path) > 0
        raise
    finally:
        if not keep:
            path.unlink(missing_ok=True)
            _mark(path).unlink(missing_ok=True)
        if handle >= 0:
            os.close(handle)


def _go_on(url: str, path: Path) -> None:
    import pooch  # slow to import, and seldom needed

    have, mark = _size(path), _mark(path)
    headers = {"Accept-Encoding": "identity"}  # the bytes as they lie on the server: only of those a part makes sense
    version = mark.read_text(encoding="utf-8") if have and mark.exists() else ""
    if version:
        headers |= {"Range": f"bytes={have}-", "If-Range": version}
    with path.open("r+b" if path.exists() else "wb") as file:

        def begun(response: Any, **_: Any) -> None:
            if response.status_code == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                file.seek(have)
            elif response.status_code in (200, 206, 416):  # not where we are: from the beginning
                file.seek(0)
                file.truncate()
                mark.unlink(missing_ok=True)
                if response.status_code == 206:
                    raise ValueError(f"asked for what follows byte {have}, and was given something else")
                version = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
                if response.status_code == 200 and not version.startswith("W/"):
                    mark.write_text(version, encoding="utf-8")

        pooch.HTTPDownloader(
            progressbar=sys.stderr.isatty(), chunk_size=_CHUNK, timeout=_TIMEOUT, headers=headers,
            hooks={"response": begun},
        )(url, file, None)
    mark.unlink(missing_ok=True)


def _mark(path: Path) -> Path:
    """The file that says which version of a file on the server a beginning is of."""
    return path.with_name(f"{path.name}.version")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _locked(handle: int) -> bool:
    """Whether this process alone has the file now; ends with the handle."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
