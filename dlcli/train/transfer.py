"""Transfer learning: which parameters of another training a model can begin with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dlcli.core.freezing import means
from dlcli.model import Model


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What fits and what does not.

    `copied` and `absent` are names of layers, absent those that the source does not have; `misfits` are sentences.
    `idle` are numbers of patterns by which nothing is copied.
    """

    copied: tuple[str, ...]
    absent: tuple[str, ...]
    misfits: tuple[str, ...]
    idle: tuple[int, ...]


def fit(model: Model, source: Mapping[str, np.ndarray], patterns: Sequence[str] | None) -> Fit:
    """Compares the layers that `patterns` mean, all where it is None, with the arrays of the same names."""
    layers: dict[str, dict[str, tuple[int, ...]]] = {}
    for layout in (model.layout, model.buffers):
        for slot in layout:
            layers.setdefault(slot.name.rpartition("/")[0], {})[slot.name] = slot.param.shape
    copied, absent, misfits = [], [], []
    for layer, shapes in layers.items():
        if patterns is not None and not any(means(pattern, layer) for pattern in patterns):
            continue
        if not any(name in source for name in shapes):
            absent.append(layer)
            continue
        copied.append(layer)
        for name, shape in shapes.items():
            if name not in source:
                misfits.append(f"{name} has shape {shape}, and the source has only other parameters of {layer}")
            elif source[name].shape != shape:
                misfits.append(f"{name} has shape {shape} here and {source[name].shape} in the source")
    idle = [
        number for number, pattern in enumerate(patterns or ()) if not any(means(pattern, layer) for layer in copied)
    ]
    return Fit(copied=tuple(copied), absent=tuple(absent), misfits=tuple(misfits), idle=tuple(idle))


def copy(
    model: Model, source: Mapping[str, np.ndarray], layers: Sequence[str], theta: np.ndarray, buffers: np.ndarray,
) -> None:
    """Writes the parameters and buffers of `layers` into theta and buffers."""
    for layout, vector in ((model.layout, theta), (model.buffers, buffers)):
        for name, view in layout.views(vector).items():
            if name.rpartition("/")[0] in layers:
                view[...] = source[name]
