"""What losses with labels 0 and 1 ask of a model."""

from math import prod

import numpy as np

from dlcli.core.context import Context
from dlcli.core.loss import Loss, check_numbers, one_output_a_class
from dlcli.core.target import Target
from dlcli.errors import DataError, ShapeError
from dlcli.kernels.binary_crossentropy import binary_crossentropy
from dlcli.losses._targets import beside

EPSILON = 1e-7
_ROUNDING = 1e-3
"""By how much a target may miss 0 to 1: more than any scaling in float32 does."""


def check_binary(loss: Loss, out_shape: tuple[int, ...], target: Target) -> None:
    """Raises ShapeError unless there are two classes and one output, or as many outputs as 0/1 numbers in a target.

    More classes are as many questions, one against all others, where there is an output for each.
    """
    name, activation = loss.type_name(), loss.link
    if target.kind == "numbers":
        check_numbers(out_shape, target)
    elif target.classes != 2:
        if one_output_a_class(out_shape, target):
            return
        raise ShapeError(
            f"{name} tells two classes apart; the data has {target.classes}",
            hint=f"use `loss: categorical_crossentropy` and end with "
                 f"{{type: dense, units: {target.classes}, activation: softmax}}; or have {target.classes} outputs, "
                 "each of which tells one class from all others",
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


def shares_of_one(ctx: Context, y_pred: np.ndarray, y_true: np.ndarray, name: str) -> np.ndarray:
    """`beside`, for a loss that takes targets for probabilities. Raises DataError where one is below 0 or above 1.

    A gradient would then never come to rest, and the loss fall below all bounds.
    """
    targets = beside(ctx, y_pred, y_true)
    if ctx.passed_over is not None:
        np.copyto(targets.reshape(*ctx.passed_over.shape, -1), 0, where=ctx.passed_over[..., None])
    if y_true.dtype.kind in "iu":  # labels: 0 or 1 each
        return targets
    low, high = float(targets.min()), float(targets.max())
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise DataError(
            f"expected targets from 0 to 1; found {low if low < -_ROUNDING else high:g}", where=name,
            hint="scale them, such as pixels with {type: rescale, scale: 1/255}, or use `loss: mse`",
        )
    return targets


def crossed(
    ctx: Context, y_pred: np.ndarray, targets: np.ndarray, *, from_logits: bool, out: np.ndarray, work: np.ndarray,
) -> np.ndarray:
    """-targets log p - (1 - targets) log(1 - p) into `out`; sets `ctx.p`, away from 0 and 1, and `ctx.predictions`.

    p is y_pred, or the sigmoid of logits: there by the stable form.
    """
    p = ctx.p = ctx.empty("p", y_pred.shape)
    if from_logits:
        ctx.predictions = p
        binary_crossentropy(y_pred, targets, p=p, cross=out, work=work)
        return out
    ctx.predictions = y_pred
    np.clip(y_pred, EPSILON, 1 - EPSILON, out=p)
    np.negative(p, out=work)
    np.log1p(work, out=work)
    np.subtract(1, targets, out=out)
    out *= work
    np.log(p, out=work)
    work *= targets
    out += work
    np.negative(out, out=out)
    return out
