"""A first configuration for arrays in an `.npz` file."""

from pathlib import Path

import numpy as np

from dlcli.app.first.draft import Draft, relative, softmax
from dlcli.core.dataset import DataEnv
from dlcli.data.datasets.npz import Npz


def draft(data: Path, path: Path, env: DataEnv) -> Draft:
    """Two hidden layers between the arrays. Raises DataError for what cannot be read."""
    splits = Npz(path=str(data.absolute())).load(env)
    target, shape = splits.spec.target, splits.spec.input_shape
    block: dict[str, object] = {"type": "npz", "path": relative(data, path)}
    if target.classes:
        block["classes"] = target.classes  # so that `check` need not read the labels
    if splits.validation is None:
        block["validation_split"] = 0.2
    if splits.test is None:
        block["test_split"] = 0.1
    of_bytes = splits.spec.dtype == "uint8"
    block["preprocessing"] = [{"type": "rescale", "scale": "1/255"} if of_bytes else {"type": "standardize"}]
    numbers = f"{{type: dense, units: {int(np.prod(target.shape))}}}", "the numbers to be met"
    return Draft(
        title=f"{data.name}: samples of shape {shape}, "
        f"{f'{target.classes} classes' if target.classes else 'numbers to be met'}.",
        dataset=block,
        layers=[
            *([("flatten", "a sample becomes one row of numbers")] if len(shape) > 1 else []),
            ("{type: dense, units: 128, activation: relu}", ""), ("{type: dense, units: 64, activation: relu}", ""),
            softmax(target.classes) if target.classes else numbers,
        ],
        loss="categorical_crossentropy" if target.classes else "mse",
        metrics=["accuracy"] if target.classes else [],
        monitor="val_accuracy" if target.classes else "val_loss",
    )
