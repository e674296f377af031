"""The contract of losses."""

from abc import abstractmethod
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Component
from dlcli.core.context import Context
from dlcli.core.target import Target
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Loss(Component):
    """How far predictions are from the truth, per sample, and its derivative.

    `link` is the activation that turns logits into predictions, for losses that have a stable form on
    logits: a model whose last layer is that activation is trained without it, and the loss works on
    what reaches it. Such a loss has a field `from_logits`.
    """

    kind: ClassVar[str] = "losses"
    link: ClassVar[str | None] = None

    @abstractmethod
    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """Raises ShapeError where a model output of `out_shape` cannot be compared with such targets."""
        raise NotImplementedError

    def ignored(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray | None:
        """Places of y_true that count for nothing, (N, ...) bool, one for each row of outputs; None: all count."""
        return None

    def forward(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,) of y_pred: (N, *out_shape), y_true as `Target` says.

        Padded steps, which `ctx.flow.mask`: (N, T) names, and places that the loss ignores count for nothing. Sets
        `ctx.passed_over`: those places, (N, ...) bool, or None where all count; `ctx.terms`: how many samples the
        losses count for, so that the mean loss is their sum divided by it: a sample of which a third counts is a
        third of a sample, and where nothing counts it is 0, and so are losses and gradients; `ctx.predictions`: y_pred,
        or what the link makes of the logits. Losses and predictions are read after `backward`, which must leave them as
        they are.
        """
        passed = ctx.passed_over = self._passed_over(ctx, y_pred, y_true)
        ctx.terms = len(y_pred)
        if passed is not None:
            ctx.terms = (passed.size - int(np.count_nonzero(passed))) * len(y_pred) / passed.size
        return self.measure(ctx, y_pred, y_true)

    def backward(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """Derivative of `sum(weight * losses)` with respect to y_pred; `weight` is a scalar or (N,)."""
        dy = self.derive(ctx, weight)
        if ctx.passed_over is not None:
            np.copyto(dy.reshape(*ctx.passed_over.shape, -1), 0, where=ctx.passed_over[..., None])
        return dy

    @abstractmethod
    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """What `forward` returns; sets `ctx.predictions`. Losses of places that are passed over are 0."""
        raise NotImplementedError

    @abstractmethod
    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """What `backward` returns, contiguous; what it says of places that are passed over is not read."""
        raise NotImplementedError

    def _passed_over(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray | None:
        passed, mask = self.ignored(ctx, y_pred, y_true), ctx.flow.mask
        if mask is not None:
            shape = mask.shape if passed is None else passed.shape
            padded = ctx.empty("padded", shape, bool)
            np.logical_not(mask.reshape(*mask.shape, *(1,) * (len(shape) - 2)), out=padded)
            passed = padded if passed is None else np.logical_or(passed, padded, out=padded)
        return passed if passed is not None and passed.any() else None


def check_numbers(out_shape: tuple[int, ...], target: Target) -> None:
    """Raises ShapeError unless the model gives as many numbers a sample as the target has.

    Classes are one-hot rows where there is one output for each; of two classes, a single output can be trained towards
    their numbers 0 and 1.
    """
    if one_output_a_class(out_shape, target):
        return
    if target.classes > 2:
        raise ShapeError(
            f"the loss compares numbers, but the targets are {target.classes} classes, whose numbers are but names",
            hint=f"use categorical_crossentropy, or end with one output for each class, shape "
                 f"{(*target.shape, target.classes)}; if integers are amounts (ages, counts), say "
                 "dataset.task: regression",
        )
    wanted = target.shape if target.kind == "numbers" else ()
    if prod(out_shape) != prod(wanted):
        raise ShapeError(
            f"the loss compares {prod(wanted)} target number(s) a sample, shape {wanted}, "
            f"with an output of shape {out_shape}",
            hint=f"give the last layer {prod(wanted)} unit(s)",
        )


def one_output_a_class(out_shape: tuple[int, ...], target: Target) -> bool:
    """Whether each class has an output of its own, so that labels can be one-hot rows."""
    return target.classes > 1 and out_shape == (*target.shape, target.classes)
