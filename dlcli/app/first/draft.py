"""What a first configuration is made of, and its text."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlcli.config.dump import dump

_TEXT = """\
# {title}
#
#   dlcli check {file}{gap}shapes and parameters
#   dlcli train {file}{gap}trains; the run is kept in ./runs
{then}#
# `dlcli list KIND` shows what else there is: layers, losses, optimizers, schedules, metrics, datasets, transforms.
{notes}name: {name}
seed: 0                          # every random draw follows from it: the same seed gives the same weights

dataset:
{dataset}
model:
  layers:
{layers}
loss: {loss}
optimizer: {{type: adam, learning_rate: {rate}}}
metrics: [{metrics}]

training:
  epochs: {epochs:<22} # times over all training samples{stops}
  batch_size: {batch:<18} # samples a step
{stopping}"""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A first configuration.

    `dataset` is the block as lines of YAML, or as data; `layers` are items as YAML, each with a comment or none;
    `then` are commands for afterwards, each with what it does; `notes` are lines of comment on the data. `patience`:
    epochs without a better `monitor` after which training stops; 0 for never.
    """

    title: str
    dataset: str | dict[str, Any]
    layers: Sequence[tuple[str, str]]
    loss: str
    metrics: Sequence[str] = ()
    monitor: str = "val_loss"
    epochs: int = 20
    batch_size: int = 32
    learning_rate: float = 0.001
    patience: int = 0
    clip: bool = False
    then: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = field(default=())


def text(draft: Draft, path: Path) -> str:
    """The YAML, to be written to `path`."""
    width = max(len(f"dlcli train {path}"), *(len(command) for command, _ in draft.then), 0) + 4
    wide = max(len(layer) for layer, comment in draft.layers if comment)
    block = draft.dataset if isinstance(draft.dataset, str) else dump(draft.dataset)
    if draft.patience:
        watch = {"monitor": draft.monitor, "patience": draft.patience, "restore_best": True}
        stopping = f"  early_stopping: {_flow(watch)}\n"
    else:
        stopping = f"  checkpoint: {_flow({'monitor': draft.monitor})}\n"
    return _TEXT.format(
        title=draft.title, file=path, gap=" " * (width - len(f"dlcli train {path}")), name=path.stem,
        then="".join(f"#   {command:<{width}}{what}\n" for command, what in draft.then),
        notes="".join(f"# {line}".rstrip() + "\n" for line in (["", *draft.notes, ""] if draft.notes else [])),
        dataset="".join(f"  {line}\n" if line else "\n" for line in block.splitlines()),
        layers="".join(_item(layer, comment, wide) for layer, comment in draft.layers),
        loss=draft.loss, metrics=", ".join(draft.metrics), rate=draft.learning_rate, epochs=draft.epochs,
        stops=", at most" if draft.patience else "", batch=draft.batch_size,
        stopping=("  gradient_clip_norm: 1.0        # gradients through many steps can explode\n" if draft.clip else "")
        + stopping,
    )


def relative(data: Path, path: Path) -> str:
    """The path of the data as seen from the YAML."""
    return os.path.relpath(data.absolute(), path.absolute().parent)


def softmax(classes: int) -> tuple[str, str]:
    """The last layer for classes."""
    return f"{{type: dense, units: {classes}, activation: softmax}}", "one probability a class"


def _item(layer: str, comment: str, width: int) -> str:
    return f"    - {layer:<{width}}   # {comment}\n" if comment else f"    - {layer}\n"


def _flow(data: dict[str, Any]) -> str:
    items = (f"{key}: {dump({'-': value}).partition(':')[2].strip()}" for key, value in data.items())
    return f"{{{', '.join(items)}}}"
