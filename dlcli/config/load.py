"""Reads a YAML configuration: plain data, YAML 1.2 scalars, every key and value with its position."""

import stat
from pathlib import Path

from dlcli import registry
from dlcli.config.compose import compose, position
from dlcli.config.source import KeyPath, Mark, Place, Source, found
from dlcli.errors import ConfigError, Problem

__all__ = ["MAX_BYTES", "Source", "load", "loads"]

MAX_BYTES = 1_000_000


def load(path: Path) -> Source:
    """The configuration in the file `path`, UTF-8 with or without a byte order mark, at most 1 MB.

    Raises ConfigError for a file that cannot be read (missing, a directory, a pipe, not permitted, too large, not
    UTF-8) and for all that `loads` raises.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise _problem(path, "expected a YAML file; found a directory", _yaml_files(path))
        if not stat.S_ISREG(mode):  # reading a pipe could wait for ever
            raise _problem(path, "expected a YAML file; found a pipe or a device", "save the text in a file first")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _problem(path, f"cannot be read: {reason}", "check the path and its permissions") from None
    if len(content) > MAX_BYTES:
        raise _too_large(str(path))
    return loads(_decode(content, path), str(path))


def loads(text: str, name: str) -> Source:
    """The configuration in `text`; `name` is what its errors call it.

    Raises ConfigError with every mistake that can be found at once: text that is not YAML, equal keys, tags, an
    empty text, a top level that is no mapping, and what goes beyond the bounds of `compose`.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES:
        raise _too_large(name)
    root = compose(text, name)
    if root is None:
        hint = "`dlcli init` writes a starter configuration"
        raise ConfigError([Problem(name, 0, 0, "", "expected a configuration; the file is empty", hint)])
    if not isinstance(root.value, dict):
        message = f"expected 'key: value' pairs at the top level; found {found(root.value)}"
        hint = "write a space after each colon" if ":" in (root.plain or "") else ""
        raise ConfigError([Problem(name, root.mark.line, root.mark.column, "", message, hint)])
    positions: dict[KeyPath, Place] = {}
    data = root.expand((), Mark(root.mark.line, root.mark.column), positions)
    return Source(data, name, positions, text)


def _decode(content: bytes, path: Path) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _problem(path, "expected UTF-8; found UTF-16", "save the file again as UTF-8")
    if (at := content.find(b"\0")) >= 0:
        raise _problem(path, f"expected a YAML file; found binary data (a zero at byte {at})")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        byte = content[error.start]
        before = content[: error.start].decode()
        line, column = position(before, len(before))
        message = f"expected UTF-8; found the byte 0x{byte:02X} at byte {error.start}"
        hint = "save the file again as UTF-8"
        raise ConfigError([Problem(str(path), line, column, "", message, hint)]) from None


def _missing(path: Path) -> ConfigError:
    folder = path.parent
    if not folder.is_dir():
        return _problem(path, f"there is no folder {folder}", "check the path")
    near = registry.did_you_mean(path.name, _yaml_names(folder))
    return _problem(path, "there is no such file", near or _yaml_files(folder))


def _yaml_names(folder: Path) -> list[str]:
    try:
        return sorted(p.name for p in folder.iterdir() if p.suffix.lower() in {".yaml", ".yml"})
    except OSError:  # a folder that may be entered but not listed
        return []


def _yaml_files(folder: Path) -> str:
    """A hint that lists the configurations of a folder."""
    names = _yaml_names(folder)
    if not names:
        return "`dlcli init` writes a starter configuration"
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"YAML files in {folder}: {shown}"


def _too_large(name: str) -> ConfigError:
    message = f"expected a configuration of at most {MAX_BYTES:,} bytes; found more"
    return ConfigError([Problem(name, 0, 0, "", message, "keep data in data files")])


def _problem(path: Path, message: str, hint: str = "") -> ConfigError:
    return ConfigError([Problem(str(path), 0, 0, "", message, hint)])
