"""`init_from`: finds the source, checks that it fits, and lets a training begin with its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dlcli.app.configure import Configured
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config import shipped
from dlcli.config.build import Built
from dlcli.config.build_any import AnyBuilt
from dlcli.config.schema import InitFrom
from dlcli.core.freezing import layer_paths, means
from dlcli.errors import ConfigError, DataError, Problem, UsageError
from dlcli.registry import did_you_mean
from dlcli.runs import weights_file
from dlcli.runs.lookup import find
from dlcli.train import transfer


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """What is copied: `layers` of `file`. `absent` layers are not in it, and begin anew; `frozen` ones never change."""

    file: weights_file.WeightsFile
    layers: tuple[str, ...]
    absent: tuple[str, ...]
    frozen: tuple[str, ...]

    def copy(self, built: Built, theta: np.ndarray, buffers: np.ndarray) -> None:
        """Writes the parameters into theta and buffers, in place."""
        transfer.copy(built.model, self.file.arrays, self.layers, theta, buffers)

    def tell(self, ui: Ui) -> None:
        """Says what is copied."""
        ui.info(f"init_from {self.file.path}")
        for word, layers in (("copied", self.layers), ("new", self.absent), ("frozen", self.frozen)):
            if layers:
                ui.info(f"  {word}: {', '.join(layers)}")
        drawn = [layer for layer in self.frozen if layer not in self.layers]
        if drawn:
            ui.warn(f"frozen, but not copied: {', '.join(drawn)} will stay as drawn at random, and never learn")

    def as_dict(self) -> dict[str, Any]:
        """Plain data for environment.json."""
        return {
            "file": str(self.file.path), "sha256": self.file.sha256, "copied": list(self.layers),
            "new": list(self.absent), "frozen": list(self.frozen),
        }

    def named_in(self, built: Built) -> Built:
        """The same with the very file in its configuration, so that it can be trained again from anywhere."""
        init = built.config.init_from
        assert init is not None
        found = replace(init, run=str(self.file.path), sha256=self.file.sha256)
        return replace(built, config=replace(built.config, init_from=found))


def prepare(configured: Configured, built: AnyBuilt, surroundings: Surroundings) -> Transfer | None:
    """What the configuration begins with; None where it begins anew.

    Raises ConfigError where the source is not there, is another file than the one whose sha256 is given, or where
    layers do not fit; DataError where it is damaged.
    """
    init = built.config.init_from
    if init is None or not isinstance(built, Built):
        return None
    source = configured.source
    file = _file(init, configured, surroundings)
    if init.sha256 is not None and init.sha256 != file.sha256:
        message = f"the file is no longer the one that was asked for: its sha256 is {file.sha256}"
        raise ConfigError([source.problem(("init_from", "sha256"), message, "put it back, or take sha256 out")])
    fit = transfer.fit(built.model, file.arrays, init.layers)
    problems = _problems(configured, built, init, fit, file.arrays)
    if problems:
        raise ConfigError(problems)
    paths = {slot.name.rpartition("/")[0]: None for slot in built.model.layout}
    frozen = tuple(path for path in paths if any(means(pattern, path) for pattern in init.freeze))
    return Transfer(file=file, layers=fit.copied, absent=fit.absent, frozen=frozen)


def pinned(configured: Configured, surroundings: Surroundings) -> Configured:
    """The configuration with the very file that `init_from` means now: `latest` may soon be another run."""
    init = configured.config.init_from
    if init is None:
        return configured
    file = _file(init, configured, surroundings)
    init = replace(init, run=str(file.path), sha256=init.sha256 or file.sha256)
    return replace(configured, config=replace(configured.config, init_from=init))


def look(configured: Configured, built: AnyBuilt, surroundings: Surroundings, ui: Ui) -> None:
    """For a dry run: checks what is copied, and says it; where the source is not there, it says that."""
    init = built.config.init_from
    if init is None:
        return
    try:
        locate(init.run, configured, surroundings)
    except (UsageError, DataError):
        ui.info(f"init_from: there is no run or file '{init.run}' yet; what is copied was not checked")
        return
    found = prepare(configured, built, surroundings)
    if found is not None:
        found.tell(ui)


def locate(run: str, configured: Configured, surroundings: Surroundings) -> Path:
    """The file that `run` means: a path below the YAML's folder, the working directory or the configurations that ship,
    or else a run, as on the command line. Of a run it is the best checkpoint, or the last where none is.

    Raises UsageError where there is no such thing.
    """
    wanted = Path(run).expanduser()
    bases = [base for base in (configured.folder, surroundings.cwd, shipped.folder()) if base is not None]
    path = next((base / wanted for base in bases if (base / wanted).exists()), None)
    if path is not None and path.is_file():
        return path.resolve()
    found = find(surroundings.runs_dir, run if path is None else str(path))
    if found.checkpoint is not None:
        return found.checkpoint
    for name in ("best", "last"):
        if found.run.checkpoint(name).exists():
            return found.run.checkpoint(name).resolve()
    raise UsageError("the run has no checkpoint", where=found.run.id, hint="choose another run")


def _file(init: InitFrom, configured: Configured, surroundings: Surroundings) -> weights_file.WeightsFile:
    try:
        return weights_file.read(locate(init.run, configured, surroundings))
    except UsageError as error:
        raise ConfigError([configured.source.problem(("init_from", "run"), error.message, error.hint)]) from None


def _problems(
    configured: Configured, built: Built, init: InitFrom, fit: transfer.Fit, arrays: Mapping[str, np.ndarray],
) -> list[Problem]:
    source = configured.source
    theirs = list(dict.fromkeys(name.rpartition("/")[0] for name in arrays if "/" in name))
    if not theirs:
        place = ("init_from", "run")
        return [source.problem(place, *_without_layers(built, arrays))]
    paths = layer_paths(built.model.nodes)
    problems = []
    for number in fit.idle:
        pattern = (init.layers or ())[number]
        if not any(means(pattern, path) for path in paths):
            message, known = f"no layer is named '{pattern}'", paths
        else:
            message, known = f"the source has no layer '{pattern}'", theirs
        hint = did_you_mean(pattern, known) or f"there are {', '.join(known)}"
        problems.append(source.problem(("init_from", "layers", number), message, hint))
    place = ("init_from", "run") if init.layers is None else ("init_from", "layers")
    fitting = [layer for layer in fit.copied if not any(text.startswith(f"{layer}/") for text in fit.misfits)]
    for text in fit.misfits:
        hint = f"copy other layers alone, such as layers: [{', '.join(fitting)}]" if fitting else "copy other layers"
        problems.append(source.problem(place, text, hint))
    if not fit.copied and not problems:
        message = f"the source has no layer of this model; it has {', '.join(theirs)}"
        problems.append(source.problem(place, message, "give layers the names that they have there, with `name:`"))
    return problems


def _without_layers(built: Built, arrays: Mapping[str, np.ndarray]) -> tuple[str, str]:
    """What to say of a file whose names are another framework's, such as `conv1.weight`."""
    some = ", ".join(list(arrays)[:4]) + (", ..." if len(arrays) > 4 else "")
    ours = ", ".join(slot.name for slot in list(built.model.layout)[:2])
    return (
        f"no array of the source is named after a layer; they are {some}" if arrays else "the source has no arrays",
        f"write the file with the names and shapes of this model's parameters, such as {ours}",
    )
