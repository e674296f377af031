"""binary_crossentropy: how little probability the true one of two classes got."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import Rate
from dlcli.core.loss import Loss
from dlcli.core.target import Target
from dlcli.kernels.binary_crossentropy import binary_crossentropy_gradient
from dlcli.losses._binary import check_binary, crossed, shares_of_one
from dlcli.losses._weights import mean_over_outputs, scaled


@dataclass(frozen=True, kw_only=True)
class BinaryCrossentropy(Loss):
    """L = -mean_k (y_true_k log p_k + (1 - y_true_k) log(1 - p_k)) over the outputs of a sample.

    y_pred: (N, 1) with labels 0 and 1 (N,), or (N, ...) with as many targets from 0 to 1 a sample. Integers (N,) of
    K > 2 classes count as one-hot rows for K outputs. Where a sigmoid comes right before it, or with
    `from_logits: true`, it works on the logits z: L = max(z, 0) - z y_true + log1p(exp(-|z|)), which neither
    overflows nor loses small probabilities; dL/dz = p - y_true. Otherwise y_pred is clipped to [1e-7, 1 - 1e-7], as
    Keras does. `label_smoothing: s` replaces y_true by (1 - s) y_true + s / 2.
    """

    link: ClassVar = "sigmoid"
    examples: ClassVar = (
        Example({}, (1,)),
        Example({"from_logits": True}, (1,)),
        Example({"from_logits": True, "label_smoothing": 0.1}, (4,)),
        Example({"label_smoothing": 0.2}, (2, 3)),
    )

    from_logits: bool = False
    label_smoothing: Rate = 0.0

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """One output for two classes, or one for each number of a target."""
        check_binary(self, out_shape, target)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        targets = ctx.targets = shares_of_one(ctx, y_pred, y_true, self.type_name())
        if self.label_smoothing:
            targets *= 1 - self.label_smoothing
            targets += self.label_smoothing / 2
        terms, work = ctx.empty("terms", y_pred.shape), ctx.empty("dy", y_pred.shape)
        crossed(ctx, y_pred, targets, from_logits=self.from_logits, out=terms, work=work)
        return mean_over_outputs(ctx, terms)

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """On logits weight (p - y_true) / outputs; on probabilities that divided by p (1 - p), 0 where clipped."""
        shape = ctx.p.shape
        outputs = ctx.p.size // shape[0]
        scale, dy = scaled(ctx, weight, 1 / outputs), ctx.empty("dy", shape)
        if self.from_logits and isinstance(scale, float):
            return binary_crossentropy_gradient(ctx.p, ctx.targets, scale=scale, out=dy)
        np.subtract(ctx.p, ctx.targets, out=dy)
        if not self.from_logits:
            slope = np.subtract(1, ctx.p, out=ctx.empty("slope", shape))
            slope *= ctx.p
            dy /= slope
            dy *= np.equal(ctx.predictions, ctx.p, out=ctx.empty("inside", shape, bool))
        rows = ctx.empty("dy", (shape[0], outputs))
        rows *= scale
        return dy
