"""The whole state of a training loop as named arrays and plain data, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcli.core.weights import Weighted
from dlcli.errors import DataError
from dlcli.train.loop import Loop


@dataclass(frozen=True)
class Snapshot:
    """`arrays` by name and `state` as plain data; together they continue a run bit for bit.

    Parameters are arrays of their own (`model/dense/kernel`), so that other tools can read them, and so is their moving
    average where one is kept (`ema/dense/kernel`); what the optimizer keeps (`optimizer/m`) are vectors laid out like
    theta.
    """

    arrays: dict[str, np.ndarray]
    state: dict[str, Any]


def take(trainer: Loop) -> Snapshot:
    """The state of `trainer` between two steps. Arrays are views: write them before the next step."""
    model = trainer.model
    arrays = {f"model/{name}": view for name, view in model.layout.views(trainer.theta).items()}
    arrays |= {f"buffers/{name}": view for name, view in model.buffers.views(trainer.buffers).items()}
    if trainer.average is not None:
        arrays |= {f"ema/{name}": view for name, view in model.layout.views(trainer.average.values).items()}
    arrays |= {f"optimizer/{name}": vector for name, vector in trainer.slots.items()}
    arrays |= {f"scores/{name}": array for name, array in trainer.scores.arrays().items()}
    state = {
        "epoch": trainer.epoch,
        "step": trainer.step,
        "batch": trainer.batch,
        "samples": trainer.samples,
        "seconds": trainer.seconds,
        "seed": trainer.streams.seed,
        "streams": trainer.streams.state(),
        "callbacks": trainer.callback_states(),
        "stop_reason": trainer.stop_reason,
    }
    return Snapshot(arrays, state)


def restore(trainer: Loop, snapshot: Snapshot) -> None:
    """Puts `trainer` where `snapshot` was taken."""
    restore_parameters(trainer, snapshot)
    for name, vector in trainer.slots.items():
        vector[:] = snapshot.arrays[f"optimizer/{name}"]
    prefix = "scores/"
    trainer.scores.restore({k[len(prefix):]: a for k, a in snapshot.arrays.items() if k.startswith(prefix)})
    for counter in ("epoch", "step", "batch", "samples", "seconds", "stop_reason"):
        setattr(trainer, counter, snapshot.state[counter])
    trainer.streams.restore(snapshot.state["streams"])
    for callback in trainer.callbacks:
        if type(callback).__name__ in snapshot.state["callbacks"]:
            callback.restore(snapshot.state["callbacks"][type(callback).__name__])


def restore_parameters(trainer: Loop, snapshot: Snapshot) -> None:
    """Puts back what the model has learned alone: parameters, their moving average, buffers."""
    restore_weights(trainer.model, trainer.theta, trainer.buffers, snapshot)
    if trainer.average is not None:
        _copy("ema", trainer.model.layout.views(trainer.average.values), snapshot)


def restore_weights(
    model: Weighted, theta: np.ndarray, buffers: np.ndarray, snapshot: Snapshot, *, evaluated: bool = False,
) -> None:
    """Copies parameters and buffers; with `evaluated` the parameters' average where the training kept one.

    Raises DataError where the snapshot is of another model: which parameter is missing or of another shape.
    """
    averaged = evaluated and any(name.startswith("ema/") for name in snapshot.arrays)
    _copy("ema" if averaged else "model", model.layout.views(theta), snapshot)
    _copy("buffers", model.buffers.views(buffers), snapshot)


def _copy(prefix: str, views: Mapping[str, np.ndarray], snapshot: Snapshot) -> None:
    for name, view in views.items():
        stored = snapshot.arrays.get(f"{prefix}/{name}")
        if stored is None or stored.shape != view.shape:
            found = "none" if stored is None else f"shape {stored.shape}"
            raise DataError(
                f"the checkpoint does not fit the model: {name} should have shape {view.shape}, found {found}",
                hint="use the configuration with which the checkpoint was made",
            )
        view[...] = stored
