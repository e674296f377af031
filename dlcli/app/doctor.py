"""Looks at the installation and its surroundings: what is there, what is missing, what is broken."""

import importlib.metadata
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dlcli.app.configure import read_text
from dlcli.app.data_catalog import origins
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.errors import UsageError
from dlcli.kernels import choice
from dlcli.runs import environment

State = Literal["ok", "note", "broken"]

_SELF_TEST = """
name: self-test
dataset: {type: logic_gate, gate: xor}
model: {layers: [{type: dense, units: 4, activation: tanh}, {type: dense, units: 1, activation: sigmoid}]}
loss: binary_crossentropy
optimizer: adam
metrics: [accuracy]
training: {epochs: 2, batch_size: 2}
"""
_SCARCE = 1e9  # bytes of free space; a set of images and a few runs take less
_FOR_DEVELOPERS = ("test", "dev", "bench")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at. `note` is good to know; `broken` keeps dlcli from working; `hint` mends it."""

    group: str
    name: str
    state: State
    text: str
    hint: str = ""


def examine(surroundings: Surroundings) -> list[Finding]:
    """Everything, in the order in which one asks."""
    return [*_versions(), *_machine(), *_folders(surroundings), *_data(surroundings), *_extras(), _self_test()]


def _versions() -> Iterator[Finding]:
    found = environment.describe()
    yield Finding(group="versions", name="dlcli", state="ok", text=found["dlcli"])
    good = sys.version_info >= (3, 11)
    yield Finding(group="versions", name="python", state="ok" if good else "broken", text=found["python"],
                  hint="" if good else "dlcli needs Python 3.11 or newer")
    for name, version in found["libraries"].items():
        yield Finding(group="versions", name=name, state="ok", text=version)


def _machine() -> Iterator[Finding]:
    yield Finding(group="machine", name="cores", state="ok", text=str(environment.cores()))
    libraries = environment.blas()
    if not libraries:
        yield Finding(group="machine", name="blas", state="note", text="unknown",
                      hint="results may differ from run to run where NumPy's BLAS uses threads of its own")
    for library in libraries:
        text = f"{library['internal_api']} {library['version']}, {library['architecture']}"
        yield Finding(group="machine", name="blas", state="ok", text=f"{text}, {library['num_threads']} thread(s)")
    yield _kernels()


def _kernels() -> Finding:
    """Which of the twins a training takes."""
    try:
        asked = choice.wanted()
    except UsageError as error:
        return Finding(group="machine", name="kernels", state="broken", text=error.message, hint=error.hint)
    if asked == "numba" and not choice.installed():
        return Finding(group="machine", name="kernels", state="broken", text=f"{choice.VARIABLE}=numba, and no Numba",
                       hint="pip install 'dlcli[fast]'")
    if asked == "auto" and choice.installed():
        text = f"Numba {choice.version()} where a training takes long enough, else NumPy"
    else:
        text = f"Numba {choice.version()}" if asked == "numba" else "NumPy"
    return Finding(group="machine", name="kernels", state="ok", text=text)


def _folders(surroundings: Surroundings) -> Iterator[Finding]:
    for name, path, variable in (
        ("runs", surroundings.runs_dir, "DLCLI_RUNS_DIR"), ("cache", surroundings.cache_dir, "DLCLI_CACHE_DIR"),
    ):
        yield _writable(name, path, variable)
    data = surroundings.data_dir
    if data is None:
        yield Finding(group="folders", name="data", state="ok", text="not set (DLCLI_DATA_DIR)")
    elif data.is_dir():
        yield Finding(group="folders", name="data", state="ok", text=str(data))
    else:
        yield Finding(group="folders", name="data", state="broken", text=f"{data} is no folder",
                      hint="set DLCLI_DATA_DIR to a folder that exists, or unset it")


def _writable(name: str, path: Path, variable: str) -> Finding:
    nearest = next(folder for folder in (path, *path.parents) if folder.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return Finding(group="folders", name=name, state="broken", text=f"{path} cannot be written",
                       hint=f"choose another place with {variable}, or change the permissions of {nearest}")
    free = shutil.disk_usage(nearest).free
    text = f"{path}{'' if nearest == path else ' (made when needed)'}, {free / 1e9:.1f} GB free"
    if free < _SCARCE:
        return Finding(group="folders", name=name, state="note", text=text, hint="little room is left")
    return Finding(group="folders", name=name, state="ok", text=text)


def _data(surroundings: Surroundings) -> Iterator[Finding]:
    env = surroundings.data_env(config_dir=None, seed=0, warn=lambda _text: None)
    for one in origins(env):
        if one.files:
            there = [name for name, place in one.files.items() if place is not None]
            text = f"{one.origin}, {len(there)} of {len(one.files)} files are there"
            hint = "" if len(there) == len(one.files) else f"`dlcli datasets fetch {one.name}` gets it"
            yield Finding(group="data", name=one.name, state="note" if hint else "ok", text=text, hint=hint)


def _extras() -> Iterator[Finding]:
    """The optional dependencies, as the package itself declares them."""
    wanted: dict[str, list[str]] = {}
    for requirement in importlib.metadata.requires("dlcli") or ():
        group, package = re.search(r"extra == ['\"]([\w.-]+)['\"]", requirement), re.match(r"[\w.-]+", requirement)
        if group and package and group[1] not in _FOR_DEVELOPERS:
            wanted.setdefault(group[1], []).append(package[0])
    for extra, names in wanted.items():
        versions = {name: _version(name) for name in names}
        missing = [name for name, version in versions.items() if version is None]
        text = ", ".join(f"{name} {version or 'missing'}" for name, version in versions.items())
        yield Finding(group="extras", name=extra, state="note" if missing else "ok", text=text,
                      hint=f"pip install 'dlcli[{extra}]'" if missing else "")


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _self_test() -> Finding:
    """Trains a tiny model, from the YAML to the last file of the run, in a folder of its own."""
    from dlcli.app.train import train

    try:
        with tempfile.TemporaryDirectory(prefix="dlcli-doctor-") as folder:
            place = Path(folder)
            apart = Surroundings(runs_dir=place, data_dir=None, cache_dir=place, offline=True, cwd=place)
            trained = train(read_text(_SELF_TEST, "self-test", folder=None), apart, Ui())
            text = f"trained {trained.step} steps, weights {trained.weights_sha256[:16]}"
    except Exception as error:  # whatever it is, it is what the user wants to know
        return Finding(group="self test", name="train", state="broken", text=f"{type(error).__name__}: {error}",
                       hint="the message above says why; `pip install --force-reinstall dlcli` mends an installation")
    return Finding(group="self test", name="train", state="ok", text=text)


def as_dict(findings: list[Finding]) -> dict[str, Any]:
    """Plain data for `--json`."""
    groups: dict[str, dict[str, Any]] = {}
    for one in findings:
        entry = {"state": one.state, "text": one.text, **({"hint": one.hint} if one.hint else {})}
        groups.setdefault(one.group.replace(" ", "_"), {})[one.name] = entry
    return {"ok": all(one.state != "broken" for one in findings), **groups}
