"""Checkpoints: safetensors files that hold all that is needed to go on training, to evaluate and to predict.

Tensors: `model/NAME`, `buffers/NAME`, `optimizer/SLOT`, `scores/NAME`, `preprocessing/NAME`. The metadata of
the file holds, as JSON, the counters and random streams (`state`), the configuration, and what a sample looks like.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from dlcli import files
from dlcli.core.table import Table
from dlcli.core.target import DataSpec, Picture, Target, TeacherForcing, Tokens
from dlcli.errors import DataError, UsageError
from dlcli.train.snapshot import Snapshot

FORMAT = "dlcli-checkpoint-1"


@dataclass(frozen=True)
class Checkpoint:
    """A snapshot with what surrounds it: configuration, samples, fitted preprocessing, weights' digest."""

    snapshot: Snapshot
    config: dict[str, Any]
    spec: DataSpec
    preprocessing: Mapping[str, np.ndarray]
    weights_sha256: str


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Writes the file so that at any moment the old or the new one is there, whole and on disk."""
    tensors = dict(checkpoint.snapshot.arrays)
    tensors |= {f"preprocessing/{name}": array for name, array in checkpoint.preprocessing.items()}
    metadata = {
        "format": FORMAT,
        "state": json.dumps(checkpoint.snapshot.state),
        "config": json.dumps(checkpoint.config),
        "spec": json.dumps(asdict(checkpoint.spec)),
        "weights_sha256": checkpoint.weights_sha256,
    }
    content = save({name: np.asarray(a, order="C") for name, a in tensors.items()}, metadata)
    files.write_bytes(path, content)


def read(path: Path) -> Checkpoint:
    """Raises UsageError where there is no such file, DataError where it is damaged or of another kind."""
    if not path.is_file():
        raise UsageError(
            "there is no such checkpoint", where=str(path), hint="`dlcli runs show RUN` lists those of a run",
        )
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a mapping
    except (SafetensorError, OSError) as error:
        raise DataError(f"expected a checkpoint; the file is damaged: {error}", where=str(path)) from None
    if metadata.get("format") != FORMAT:
        raise DataError(
            f"expected a checkpoint of format {FORMAT}; found {metadata.get('format', 'none')}", where=str(path),
        )
    try:
        return _parsed(tensors, metadata)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"expected a checkpoint; its metadata is damaged: {error!r}", where=str(path)) from None


def _parsed(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> Checkpoint:
    prefix = "preprocessing/"
    return Checkpoint(
        snapshot=Snapshot(
            {name: a for name, a in tensors.items() if not name.startswith(prefix)}, json.loads(metadata["state"]),
        ),
        config=json.loads(metadata["config"]),
        spec=_spec(json.loads(metadata["spec"])),
        preprocessing={name[len(prefix):]: a for name, a in tensors.items() if name.startswith(prefix)},
        weights_sha256=metadata["weights_sha256"],
    )


def _spec(data: dict[str, Any]) -> DataSpec:
    target, tokens, forcing = data["target"], data.get("tokens"), data.get("forcing")
    return DataSpec(**{
        **data,
        "input_shape": tuple(data["input_shape"]),
        "target": Target(**{**target, "labels": tuple(target["labels"]), "shape": tuple(target["shape"])}),
        "table": Table.of(data["table"]) if data.get("table") else None,
        "tokens": tokens and Tokens(**{**tokens, "vocabulary": tuple(tokens["vocabulary"])}),
        "forcing": forcing and TeacherForcing(**forcing),
        "picture": Picture(**data["picture"]) if data.get("picture") else None,
    })
