"""Parameters and buffers by name, from a checkpoint or any other safetensors file."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from dlcli.errors import DataError

_PREFIXES = ("model/", "buffers/", "ema/")  # the last one wins: an average is what the model is used with
_OTHERS = ("optimizer/", "scores/", "preprocessing/")


@dataclass(frozen=True)
class WeightsFile:
    """`arrays` by the names that a model gives them (`dense/kernel`); `sha256` is that of the whole file."""

    path: Path
    sha256: str
    arrays: dict[str, np.ndarray]


def read(path: Path) -> WeightsFile:
    """Of a checkpoint the model alone, not what the optimizer keeps. Raises DataError for a damaged file."""
    try:
        content = path.read_bytes()
        tensors = load(content)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path), hint="check the file") from None
    except (SafetensorError, KeyError, TypeError) as error:  # KeyError: a type of numbers that NumPy lacks
        raise DataError(
            f"expected a safetensors file with numbers that NumPy has; {error}", where=str(path),
            hint="write it with safetensors, as float32",
        ) from None
    arrays = {name: array for name, array in tensors.items() if not name.startswith((*_PREFIXES, *_OTHERS))}
    for prefix in _PREFIXES:
        arrays |= {name.removeprefix(prefix): a for name, a in tensors.items() if name.startswith(prefix)}
    return WeightsFile(path, hashlib.sha256(content).hexdigest(), arrays)
