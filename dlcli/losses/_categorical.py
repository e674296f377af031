"""What losses share that compare one output a class with integer labels or rows of shares."""

from math import prod

import numpy as np

from dlcli.core.context import Context
from dlcli.core.loss import Loss
from dlcli.core.target import Target
from dlcli.errors import ShapeError

EPSILON = 1e-7


def check_categorical(loss: Loss, out_shape: tuple[int, ...], target: Target) -> None:
    """Raises ShapeError unless there is one output for each class."""
    name = loss.type_name()
    if target.kind != "classes":
        hint = "use `loss: mse` or `loss: mae`, or a data set whose targets are classes"
        if len(target.shape) == 1 and target.shape[0] > 1:
            hint = f"if y are one-hot rows of floating point, say dataset.task: classification; else {hint}"
        raise ShapeError(
            f"{name} compares one output a class with classes, but the targets are numbers, shape {target.shape}",
            hint=hint,
        )
    wanted = (*target.shape, target.classes)
    if out_shape == wanted and target.classes > 1:
        return
    activation = "softmax" if loss.link == "softmax" else "linear"
    units = f"{{type: dense, units: {target.classes}, activation: {activation}}}"
    if target.classes == 2 and prod(out_shape) == 1:
        hint = f"end with {units}, or use `loss: binary_crossentropy`"
    elif len(out_shape) > len(wanted):
        hint = f"put `flatten` before the last dense layer, and end with {units}"
    else:
        hint = f"end with {units}"
    raise ShapeError(
        f"{name} needs one output for each of the {target.classes} classes, shape {wanted}; "
        f"the model's output has shape {out_shape}", hint=hint,
    )


def positions_of(ctx: Context, y_true: np.ndarray, shape: tuple[int, ...], ignored: int) -> np.ndarray:
    """Which positions have the label, or as their largest share the class, `ignored`: (N, ...) bool."""
    if y_true.shape == shape:
        labels = np.argmax(y_true, axis=-1, out=ctx.empty("labels", shape[:-1], np.intp))
    else:
        labels = y_true.reshape(shape[:-1])
    return np.equal(labels, ignored, out=ctx.empty("ignored", shape[:-1], bool))


def rows_of_targets(
    ctx: Context, y_true: np.ndarray, label_at: np.ndarray | None, shape: tuple[int, ...], *, smoothing: float = 0.0,
) -> np.ndarray:
    """y_true as rows (M, K), (1 - smoothing) y_true + smoothing / K; `label_at` where it holds integers."""
    K, M = shape[-1], prod(shape[:-1])
    targets = ctx.empty("targets", (M, K))
    if label_at is None:
        targets[...] = y_true.reshape(M, K)
        targets *= 1 - smoothing
        targets += smoothing / K
    else:
        targets.fill(smoothing / K)
        ctx.empty("targets", (M * K,))[label_at] = 1 - smoothing + smoothing / K
    return targets


def shares(ctx: Context, y: np.ndarray) -> np.ndarray:
    """Each row of y: (M, K) divided by its sum and clipped to [1e-7, 1 - 1e-7], as Keras does; keeps the parts."""
    ctx.sum = np.add.reduce(y, axis=1, keepdims=True, out=ctx.empty("sum", (len(y), 1)))
    np.maximum(ctx.sum, EPSILON, out=ctx.sum)
    ctx.share = np.divide(y, ctx.sum, out=ctx.empty("share", y.shape))
    ctx.clipped = np.clip(ctx.share, EPSILON, 1 - EPSILON, out=ctx.empty("clipped", y.shape))
    return ctx.clipped


def through_shares(ctx: Context, d_clipped: np.ndarray) -> np.ndarray:
    """The derivative for y of that for `shares`, in place: nothing comes through where the clip holds."""
    d_share = d_clipped
    d_share *= np.equal(ctx.share, ctx.clipped, out=ctx.empty("inside", d_share.shape, bool))
    inner = np.multiply(d_share, ctx.share, out=ctx.empty("work", d_share.shape))
    row = np.add.reduce(inner, axis=1, keepdims=True, out=ctx.empty("row", (len(d_share), 1)))
    d_share -= row
    d_share /= ctx.sum
    return d_share
