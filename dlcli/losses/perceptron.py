"""perceptron: the loss whose gradient is the textbook learning rule."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.loss import Loss
from dlcli.core.target import Target
from dlcli.losses._binary import check_binary
from dlcli.losses._targets import beside
from dlcli.losses._weights import mean_over_outputs, scaled


@dataclass(frozen=True, kw_only=True)
class Perceptron(Loss):
    """L = sum_k (p_k - y_true_k) z_k with p = 1 where z > 0, else 0: how far wrong scores lie on the wrong side.

    y_pred: (N, 1) scores z with labels 0 and 1 (N,), or (N, ...) with as many labels a sample. Integers (N,) of K > 2
    classes count as one-hot rows for K outputs. dL/dz = p - y_true, so that `sgd` with a batch of one does w += lr
    (label - prediction) x. Where a `step` comes right before it, or with `from_logits: true`, the predictions are p;
    otherwise they are the scores as they are.
    Source: Rosenblatt, "The perceptron", Psychological Review 65, 1958.
    """

    link: ClassVar = "step"
    examples: ClassVar = (Example({"from_logits": True}, (1,)), Example({}, (3,)))

    from_logits: bool = False

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """One output for two classes, or one for each number of a target."""
        check_binary(self, out_shape, target)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        shape = y_pred.shape
        fired = np.greater(y_pred, 0, out=ctx.empty("fired", shape))
        ctx.predictions = fired if self.from_logits else y_pred
        ctx.error = np.subtract(fired, beside(ctx, y_pred, y_true), out=ctx.empty("error", shape))
        terms = np.multiply(ctx.error, y_pred, out=ctx.empty("terms", shape))
        losses = mean_over_outputs(ctx, terms)
        losses *= terms.size // len(terms)
        return losses

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """dz = weight (p - y_true)."""
        shape = ctx.error.shape
        dy = ctx.empty("dy", (shape[0], ctx.error.size // shape[0]))
        np.multiply(ctx.error.reshape(dy.shape), scaled(ctx, weight, 1.0), out=dy)
        return ctx.empty("dy", shape)
