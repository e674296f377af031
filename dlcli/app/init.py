"""Writes a first configuration: a starter, one for a data file, or a copy of one that ships."""

import os
from pathlib import Path

import numpy as np

from dlcli import files
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config import shipped
from dlcli.config.dump import dump
from dlcli.core.dataset import Splits
from dlcli.data.datasets.npz import Npz
from dlcli.errors import DlcliError, UsageError

_STARTER = """\
# {title}
#
#   dlcli check {file}        shapes and parameters, without reading any data
#   dlcli train {file}        trains; the run is kept in ./runs
#
# `dlcli list KIND` shows what else there is: layers, losses, optimizers, schedules, metrics, datasets, transforms.
name: {name}
seed: 0                          # every random draw follows from it: the same seed gives the same weights

dataset:
{dataset}
model:
  layers:
{layers}
loss: {loss}
optimizer: {{type: adam, learning_rate: 0.001}}
metrics: [{metrics}]

training:
  epochs: 20                     # times over all training samples
  batch_size: 32                 # samples a step
  checkpoint: {{monitor: {monitor}}}
"""
_DIGITS = """\
  type: digits                   # 1,797 handwritten digits of 8 x 8 pixels, shipped with dlcli; one test split
  validation_split: 0.2          # a fifth of the training samples is set aside, to see when to stop
  preprocessing:
    - {type: rescale, scale: 1/255}   # bytes 0..255 become numbers 0..1
"""
_HIDDEN = """\
    - {type: dense, units: 128, activation: relu}
    - {type: dense, units: 64, activation: relu}
"""


def starter(path: Path) -> str:
    """A commented configuration that trains at once: handwritten digits, which ship with dlcli."""
    layers = f"    - flatten                    # an image becomes one row of numbers\n{_HIDDEN}{_softmax(10)}"
    return _STARTER.format(
        title="A first model: handwritten digits -> 128 -> 64 -> 10 classes.", file=path, name=path.stem,
        dataset=_DIGITS, layers=layers, loss="categorical_crossentropy", metrics="accuracy", monitor="val_accuracy",
    )


def for_data(data: Path, path: Path, target: str | None, surroundings: Surroundings, ui: Ui) -> str:
    """A configuration for an `.npz` file. Raises UsageError for other files, DataError for what cannot be read."""
    if not data.exists():
        raise UsageError("there is no such file", where=str(data), hint="give the path of an .npz file")
    if data.suffix != ".npz":
        raise UsageError(
            f"expected an .npz file; found '{data.suffix or data.name}', which `dlcli init` cannot read yet",
            where=str(data), hint="write arrays x_train, y_train, x_test, y_test with numpy.savez(...), or start from "
            "`dlcli init` and describe the data by hand",
        )
    if target is not None:
        raise UsageError("an .npz file has no columns; its targets are y_train", where="--target",
                         hint="leave out --target")
    dataset = Npz(path=str(data.absolute()))
    splits = dataset.load(surroundings.data_env(config_dir=None, seed=0, warn=ui.warn))
    classes, shape = splits.spec.target.classes, splits.spec.input_shape
    flatten = "    - flatten                    # a sample becomes one row of numbers\n" if len(shape) > 1 else ""
    numbers = int(np.prod(splits.spec.target.shape))
    last = _softmax(classes) if classes else f"    - {{type: dense, units: {numbers}}}     # the numbers to be met\n"
    return _STARTER.format(
        title=f"{data.name}: samples of shape {shape}, {f'{classes} classes' if classes else 'numbers to be met'}.",
        file=path, name=path.stem, dataset=_described(splits, data, path), layers=f"{flatten}{_HIDDEN}{last}",
        loss="categorical_crossentropy" if classes else "mse", metrics="accuracy" if classes else "",
        monitor="val_accuracy" if classes else "val_loss",
    )


def example(name: str) -> str:
    """The text of a configuration that ships. Raises UsageError where none of that name does."""
    return shipped.path(name).read_text(encoding="utf-8")


def write(path: Path, text: str, *, yes: bool) -> None:
    """Writes a new file; an old one is replaced with `yes` alone. Raises UsageError, DlcliError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if yes:
            files.write_bytes(path, text.encode(), sync=False)
            return
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        hint = "-y replaces it; -o names another"
        raise UsageError("the file is there already", where=str(path), hint=hint) from None
    except OSError as error:
        raise DlcliError(f"cannot be written: {error.strerror}", where=str(path), hint="-o names another") from None


def _softmax(classes: int) -> str:
    return f"    - {{type: dense, units: {classes}, activation: softmax}}   # one probability a class\n"


def _described(splits: Splits, data: Path, path: Path) -> str:
    """The `dataset` block: its path as seen from the YAML, and the splits and scales that the data lacks."""
    block: dict[str, object] = {"type": "npz", "path": os.path.relpath(data.absolute(), path.absolute().parent)}
    if splits.spec.target.classes:
        block["classes"] = splits.spec.target.classes  # so that `check` need not read the labels
    if splits.validation is None:
        block["validation_split"] = 0.2
    if splits.test is None:
        block["test_split"] = 0.1
    bytes_of = splits.spec.dtype == "uint8"
    block["preprocessing"] = [{"type": "rescale", "scale": "1/255"} if bytes_of else {"type": "standardize"}]
    return "".join(f"  {line}\n" for line in dump(block).splitlines())
