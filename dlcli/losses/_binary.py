"""What losses with labels 0 and 1 ask of a model."""

from math import prod

import numpy as np

from dlcli.core.context import Context
from dlcli.core.loss import Loss, check_numbers
from dlcli.core.target import Target
from dlcli.errors import ShapeError


def check_binary(loss: Loss, out_shape: tuple[int, ...], target: Target) -> None:
    """Raises ShapeError unless there are two classes and one output, or as many outputs as 0/1 numbers in a target."""
    name, activation = loss.type_name(), loss.link
    if target.kind == "numbers":
        check_numbers(out_shape, target)
    elif target.classes != 2:
        raise ShapeError(
            f"{name} tells two classes apart; the data has {target.classes}",
            hint=f"use `loss: categorical_crossentropy` and end with "
                 f"{{type: dense, units: {target.classes}, activation: softmax}}",
        )
    elif prod(out_shape) != prod(target.shape):
        hint = f"end with {{type: dense, units: 1, activation: {activation}}}"
        if out_shape == (2,):
            hint += ", or use `loss: categorical_crossentropy` with softmax"
        elif len(out_shape) > 1:
            hint = f"put `flatten` before the last dense layer, and {hint}"
        raise ShapeError(
            f"{name} needs one output, shape (1,), for two classes; the model's output has shape {out_shape}",
            hint=hint,
        )


def zero_one(ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
    """y_true of shape (N,), (N, 1) or as y_pred, in the shape and dtype of y_pred: never broadcast."""
    targets = ctx.empty("targets", y_pred.shape)
    targets[...] = y_true.reshape(y_pred.shape)
    return targets
