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

    def terms(self, ctx: Context, y_true: np.ndarray) -> float:
        """How many samples the losses of y_true count for: the mean loss is their sum divided by this.

        N, unless the loss passes over targets that only fill up a sequence; a sample of which a third counts is then
        a third of a sample. May be 0, where losses and gradients are 0 too. `ctx` is memory, its plan has the shape
        of y_pred.
        """
        return len(y_true)

    @abstractmethod
    def forward(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,) of y_pred: (N, *out_shape), y_true as `Target` says.

        Sets `ctx.predictions`: y_pred, or what the link makes of the logits. Both are read after `backward`, which
        must leave them as they are.
        """
        raise NotImplementedError

    @abstractmethod
    def backward(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """Derivative of `sum(weight * losses)` with respect to y_pred; `weight` is a scalar or (N,)."""
        raise NotImplementedError


def check_numbers(out_shape: tuple[int, ...], target: Target) -> None:
    """Raises ShapeError unless the model gives as many numbers a sample as the target has.

    Integer classes count as one number each, so that a single output can be trained towards 0 and 1.
    """
    if target.classes > 2 and prod(out_shape) != target.classes * prod(target.shape):
        raise ShapeError(
            f"the loss compares numbers, but the targets are {target.classes} classes, whose numbers are but names",
            hint="use categorical_crossentropy; if integers are amounts (ages, counts), say dataset.task: regression",
        )
    wanted = target.shape if target.kind == "numbers" else ()
    if prod(out_shape) != prod(wanted):
        raise ShapeError(
            f"the loss compares {prod(wanted)} target number(s) a sample, shape {wanted}, "
            f"with an output of shape {out_shape}",
            hint=f"give the last layer {prod(wanted)} unit(s)",
        )
