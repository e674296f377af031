"""The settings of runs side by side, without all that was left at its default everywhere."""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from dlcli.app.configure import read_text
from dlcli.config.dump import dump
from dlcli.core.component import Component, plain
from dlcli.errors import DlcliError
from dlcli.runs.directory import RunDirectory

ABSENT = "(absent)"


def settings(runs: Sequence[RunDirectory]) -> dict[str, list[Any]]:
    """One value a run for every key that any of the runs set; items of lists, such as layers, are one value each."""
    configs = [_config(run) for run in runs]
    chosen = [dict(_flat("", _essential(config))) for config in configs]
    every = [dict(_flat("", plain(config))) for config in configs]
    names = dict.fromkeys(name for one in chosen for name in one)
    return {
        name: [one.get(name, full.get(name, ABSENT)) for one, full in zip(chosen, every, strict=True)]
        for name in names
    }


def _config(run: RunDirectory) -> Any:
    try:
        return read_text(run.resolved.read_text(encoding="utf-8"), str(run.resolved), folder=None).config
    except (OSError, ValueError, DlcliError):  # died before it was written, or written by another version
        return {}


def _essential(value: Any) -> Any:
    """Plain data of a configuration without keys at their defaults."""
    if isinstance(value, tuple | list):
        return [_essential(item) for item in value]
    if not is_dataclass(value) or isinstance(value, type):
        return plain(value)
    kept = {
        f.name: _essential(getattr(value, f.name)) for f in fields(value)
        if f.default is MISSING or getattr(value, f.name) != f.default
    }
    if isinstance(value, Component):
        return {"type": value.type_name(), **kept}
    return kept


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield f"{prefix}.{number}", dump({"-": _bare(item)}).partition(":")[2].strip()
    else:
        yield prefix, value


def _bare(value: Any) -> Any:
    """`{type: relu}` as `relu`, inside of it too."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    return value["type"] if list(value) == ["type"] else {key: _bare(item) for key, item in value.items()}
