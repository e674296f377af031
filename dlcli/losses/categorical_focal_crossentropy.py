"""categorical_focal_crossentropy: categorical crossentropy that looks at hard samples more than at easy ones."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import NonNegativeFloat, Rate
from dlcli.core.loss import Loss
from dlcli.core.target import Target
from dlcli.kernels.softmax import softmax
from dlcli.losses._categorical import check_categorical, rows_of_targets, shares, through_shares
from dlcli.losses._targets import labels_at
from dlcli.losses._weights import mean_over_outputs, shared_out


@dataclass(frozen=True, kw_only=True)
class CategoricalFocalCrossentropy(Loss):
    """L = -alpha sum_k y_true_k (1 - p_k)^gamma log p_k.

    y_pred: (N, ..., K), y_true: integers (N, ...) from 0 to K - 1, or one-hot or soft rows (N, ..., K). The loss of a
    sample is the mean over the axes between. The larger `gamma`, the less do samples count whose class is certain
    already; `alpha` is a factor for all. `from_logits`, clipping, `label_smoothing` as `categorical_crossentropy`.
    Source: Lin et al., "Focal loss for dense object detection", 2017, equation 5.
    """

    link: ClassVar = "softmax"
    examples: ClassVar = (
        Example({}, (4,)),
        Example({"from_logits": True}, (10,)),
        Example({"from_logits": True, "gamma": 0.5, "label_smoothing": 0.1}, (3, 5)),
        Example({"label_smoothing": 0.2, "gamma": 1.5, "alpha": 1.0}, (3,)),
    )

    alpha: NonNegativeFloat = 0.25
    gamma: NonNegativeFloat = 2.0
    from_logits: bool = False
    label_smoothing: Rate = 0.0

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """One output a class."""
        check_categorical(self, out_shape, target)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        shape, K = y_pred.shape, y_pred.shape[-1]
        M = y_pred.size // K
        y = y_pred.reshape(M, K)
        label_at = None if y_true.shape == shape else labels_at(ctx, y_true, shape)
        ctx.targets = rows_of_targets(ctx, y_true, label_at, shape, smoothing=self.label_smoothing)
        ctx.shape, ctx.logs = shape, ctx.empty("logs", (M, K))
        if self.from_logits:
            peak, total = ctx.empty("peak", (M,)), ctx.empty("total", (M,))
            ctx.p = softmax(y, out=ctx.empty("p", (M, K)), peak=peak, total=total)
            ctx.predictions = ctx.p.reshape(shape)
            np.log(total, out=total)
            np.subtract(y, peak[:, None], out=ctx.logs)
            ctx.logs -= total[:, None]
        else:
            ctx.predictions = y_pred
            ctx.p = shares(ctx, y)
            np.log(ctx.p, out=ctx.logs)
        # A power below 0 is taken of 1 - p, which must not be 0.
        ctx.q = np.subtract(1, ctx.p, out=ctx.empty("q", (M, K)))
        np.maximum(ctx.q, np.finfo(ctx.q.dtype).tiny, out=ctx.q)
        terms = np.power(ctx.q, self.gamma, out=ctx.empty("terms", (M, K)))
        terms *= ctx.logs
        terms *= ctx.targets
        losses = np.add.reduce(terms, axis=1, out=ctx.empty("losses", (M,)))
        losses *= -self.alpha
        return mean_over_outputs(ctx, losses.reshape(shape[:-1]))

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """With h = p dL/dp: on logits dz = h - p sum(h), on probabilities h / p through the division by the sum."""
        K, M = ctx.p.shape[1], len(ctx.p)
        h = np.multiply(ctx.p, ctx.logs, out=ctx.empty("h", (M, K)))
        h *= self.gamma
        h -= ctx.q
        h *= np.power(ctx.q, self.gamma - 1, out=ctx.empty("terms", (M, K)))
        h *= ctx.targets
        h *= self.alpha * K
        if self.from_logits:
            row = np.add.reduce(h, axis=1, keepdims=True, out=ctx.empty("row", (M, 1)))
            dy = np.multiply(ctx.p, row, out=ctx.empty("dy", (M, K)))
            np.subtract(h, dy, out=dy)
        else:
            h /= ctx.p
            dy = through_shares(ctx, h)
        return shared_out(ctx, dy.reshape(ctx.shape), weight)
